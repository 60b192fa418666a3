select
    reason_key,
    name_en,
    name_zh
from {{ ref('stg_centre__reasons') }}

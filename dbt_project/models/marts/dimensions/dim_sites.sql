select
    site_key,
    name_en,
    name_zh,
    time_zone
from {{ ref('stg_centre__sites') }}

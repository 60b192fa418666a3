with members as (

    select
        'centre' as level,
        'all' as member,
        'Whole centre' as name_en,
        '全中心' as name_zh
    union all
    select
        'site' as level,
        site_key as member,
        name_en,
        name_zh
    from {{ ref('dim_sites') }}
    union all
    select
        'team' as level,
        team_key as member,
        name_en,
        name_zh
    from {{ ref('dim_teams') }}
    union all
    select
        'queue' as level,
        queue_key as member,
        name_en,
        name_zh
    from {{ ref('dim_queues') }}
    union all
    select
        'client' as level,
        client_key as member,
        name_en,
        name_zh
    from {{ ref('stg_centre__clients') }}
    union all
    select
        'reason' as level,
        reason_key as member,
        name_en,
        name_zh
    from {{ ref('dim_reasons') }}
    union all
    select
        'tenure_band' as level,
        tenure_band as member,
        name_en,
        name_zh
    from {{ ref('tenure_bands') }}
    union all
    select
        'channel' as level,
        channel as member,
        name_en,
        name_zh
    from {{ ref('channels') }}

)

select
    level || ':' || member as member_id,
    level,
    member,
    name_en,
    name_zh
from members

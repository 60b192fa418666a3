with accesses as (

    select
        *,
        cast(occurred_at_local as date) as local_date
    from {{ ref('stg_access_audit__record_accesses') }}
    where {{ partition_filter('record_access') }} and action = 'viewed'

),

legs as (

    select * from {{ ref('fct_handle_legs') }}
    where {{ is_touched('local_date') }}

),

viewed as (

    select
        agent_names.agent_key,
        accesses.local_date,
        count(distinct accesses.customer_ref) as customers_viewed
    from accesses
    inner join {{ agent_names_of('accesses') }}
    where {{ is_touched('accesses.local_date') }}
    group by agent_names.agent_key, accesses.local_date

),

-- the queue of a day is the one that most contacts came from
queues as (

    select
        agent_key,
        team_key,
        site_key,
        local_date,
        queue_key,
        sum(count(*)) over (partition by agent_key, local_date) as contacts_handled,
        row_number() over (partition by agent_key, local_date order by count(*) desc, queue_key) as place
    from legs
    where agent_key is not null
    group by agent_key, team_key, site_key, local_date, queue_key

),

agent_days as (

    select
        queues.agent_key,
        queues.team_key,
        queues.site_key,
        queues.local_date,
        queues.queue_key,
        agent_teams.role,
        coalesce(viewed.customers_viewed, 0) as customers_viewed,
        queues.contacts_handled,
        coalesce(viewed.customers_viewed, 0) / cast(queues.contacts_handled as double) as views_per_contact
    from queues
    left join viewed
        on
            queues.agent_key = viewed.agent_key
            and queues.local_date = viewed.local_date
    left join {{ agent_teams_of('queues', key='queues.agent_key') }}
    where queues.place = 1

),

beside_peers as (

    select
        *,
        count(*) over peers as peers,
        median(views_per_contact) over peers as median_of_peers
    from agent_days
    window peers as (partition by local_date, role, queue_key)

)

-- 1.4826 makes the median of distances the standard deviation of a normal distribution
select
    agent_key || ':' || local_date as agent_day_id,
    agent_key,
    team_key,
    site_key,
    local_date,
    role,
    queue_key,
    customers_viewed,
    contacts_handled,
    peers,
    views_per_contact - median_of_peers as views_above_peers,
    1.4826 * median(abs(views_per_contact - median_of_peers)) over (
        partition by local_date, role, queue_key
    ) as spread_of_peers
from beside_peers

{{ config(meta={'looks_ahead_days': 1}) }}

with agent_teams as (

    select * from {{ ref('dim_agent_teams') }}
    where left_on is not null

),

agent_names as (

    select * from {{ ref('int_agent_names') }}

),

-- a right that holds on touches no day, so that only the whole history tells who has one
access_rights as (

    select * from {{ ref('stg_access_audit__access_rights') }}

),

last_days as (

    select distinct
        agent_key,
        left_on as local_date,
        cast(null as {{ dbt.type_string() }}) as channel,
        cast(null as {{ dbt.type_string() }}) as queue_key
    from agent_teams
    where {{ is_touched('left_on') }} and left_on <= {{ as_of() }}

),

limits as (

    {{ parameters_as_of('last_days', ['access_revocation_hours']) | indent(4) }}

),

rights_held as (

    select
        last_days.agent_key,
        last_days.local_date,
        limits.access_revocation_hours,
        coalesce(
            {{ seconds_between("last_days.local_date + interval '1' day", 'access_rights.revoked_at_local') }}
            < limits.access_revocation_hours * 3600,
            false
        ) as is_revoked_in_time
    from last_days
    inner join limits on last_days.local_date = limits.local_date
    inner join agent_names on last_days.agent_key = agent_names.agent_key
    inner join access_rights
        on
            agent_names.source_system = access_rights.source_system
            and agent_names.agent_alias = access_rights.agent_alias
            and cast(access_rights.granted_at_local as date) between agent_names.valid_from and agent_names.valid_to
            and cast(access_rights.granted_at_local as date) <= last_days.local_date

)

select
    rights_held.agent_key || ':' || rights_held.local_date as leaver_id,
    rights_held.agent_key,
    agent_teams.team_key,
    agent_teams.site_key,
    rights_held.local_date,
    rights_held.access_revocation_hours,
    min(case when rights_held.is_revoked_in_time then 1 else 0 end) = 1 as is_access_revoked_in_time
from rights_held
inner join agent_teams
    on
        rights_held.agent_key = agent_teams.agent_key
        and rights_held.local_date between agent_teams.valid_from and agent_teams.valid_to
group by
    rights_held.agent_key,
    agent_teams.team_key,
    agent_teams.site_key,
    rights_held.local_date,
    rights_held.access_revocation_hours

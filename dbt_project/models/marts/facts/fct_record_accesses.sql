{{ config(meta={'looks_ahead_days': 1, 'looks_back_days': 7}) }}

with accesses as (

    select * from {{ ref('stg_access_audit__record_accesses') }}
    where {{ partition_filter('record_access') }}

),

interactions as (

    select * from {{ ref('stg_telephony__interactions') }}
    where {{ partition_filter('tel_interaction') }} and agent_alias is not null

),

conversations as (

    select * from {{ ref('stg_chat__conversations') }}
    where {{ partition_filter('chat_conversation') }} and agent_alias is not null

),

case_events as (

    select * from {{ ref('stg_crm_case__events') }}
    where {{ partition_filter('case_event') }} and agent_alias is not null

),

failures as (

    select
        customer_ref,
        coalesce(ended_at, started_at) as failed_at
    from {{ ref('stg_self_service__tasks') }}
    where {{ partition_filter('self_service_task') }} and result = 'failed' and customer_ref is not null

),

dated as (

    select
        accesses.*,
        agent_names.agent_key,
        cast(accesses.occurred_at_local as date) as local_date,
        cast(null as {{ dbt.type_string() }}) as channel,
        cast(null as {{ dbt.type_string() }}) as queue_key
    from accesses
    left join {{ agent_names_of('accesses', date='cast(accesses.occurred_at_local as date)') }}
    where {{ is_touched('cast(accesses.occurred_at_local as date)') }}

),

windows as (

    {{ parameters_as_of(
        'dated', ['view_after_contact_hours', 'view_before_contact_hours', 'failed_task_window_days']
    ) | indent(4) }}

),

views as (

    select
        dated.source_system,
        dated.access_id,
        dated.agent_key,
        dated.customer_ref,
        dated.interaction_id,
        dated.case_id,
        dated.occurred_at,
        -3600 * windows.view_after_contact_hours as earliest_seconds,
        3600 * windows.view_before_contact_hours as latest_seconds,
        86400 * windows.failed_task_window_days as failed_task_seconds
    from dated
    inner join windows on dated.local_date = windows.local_date
    where dated.action = 'viewed'

),

-- what a person has to do with a customer: a contact, whatever its direction, or work on a case
dealings as (

    select
        source_system,
        agent_alias,
        customer_ref,
        interaction_id,
        cast(null as {{ dbt.type_string() }}) as case_id,
        started_at as dealt_at,
        event_date
    from interactions
    union all
    select
        source_system,
        agent_alias,
        customer_ref,
        conversation_id as interaction_id,
        cast(null as {{ dbt.type_string() }}) as case_id,
        created_at as dealt_at,
        event_date
    from conversations
    union all
    select
        source_system,
        agent_alias,
        cast(null as {{ dbt.type_string() }}) as customer_ref,
        cast(null as {{ dbt.type_string() }}) as interaction_id,
        case_id,
        occurred_at as dealt_at,
        event_date
    from case_events

),

reasons as (

    select
        agent_names.agent_key,
        dealings.customer_ref,
        dealings.interaction_id,
        dealings.case_id,
        dealings.dealt_at
    from dealings
    inner join {{ agent_names_of('dealings', date='dealings.event_date') }}

),

-- one join a way to name the reason, so that each is by equal keys
linked as (

    {% for key in ['customer_ref', 'interaction_id', 'case_id'] %}
        select
            views.source_system,
            views.access_id
        from views
        inner join reasons
            on
                views.agent_key = reasons.agent_key
                and views.{{ key }} = reasons.{{ key }}
                and {{ seconds_between('views.occurred_at', 'reasons.dealt_at') }}
                between views.earliest_seconds and views.latest_seconds
        {% if not loop.last %}union distinct{% endif %}
    {% endfor %}

),

after_failures as (

    select distinct
        views.source_system,
        views.access_id
    from views
    inner join failures
        on
            views.customer_ref = failures.customer_ref
            and {{ seconds_between('failures.failed_at', 'views.occurred_at') }} between 0 and views.failed_task_seconds

),

-- who spoke to the customer about it days ago may look again
served as (

    select distinct
        views.source_system,
        views.access_id
    from views
    inner join reasons
        on
            views.agent_key = reasons.agent_key
            and views.customer_ref = reasons.customer_ref
            and {{ seconds_between('views.occurred_at', 'reasons.dealt_at') }}
            between -views.failed_task_seconds and views.latest_seconds

)

select
    dated.source_system || ':' || dated.access_id as access_id,
    {{ agent_columns('dated', key=agent_key_of('dated', known='dated.agent_key')) }},
    dated.local_date,
    dated.system_key,
    dated.screen_key,
    dated.destination,
    windows.view_after_contact_hours,
    windows.view_before_contact_hours,
    dated.action = 'viewed' as is_view,
    dated.action = 'viewed' and linked.access_id is null and dated.approved_by is null as is_unlinked_view,
    dated.action = 'viewed' and linked.access_id is null and dated.approved_by is null
    and after_failures.access_id is not null and served.access_id is null as is_unassigned_view_after_failure,
    dated.action in ('exported', 'printed', 'copied') as is_export,
    dated.record_count,
    dated.approved_by is not null as is_approved
from dated
inner join windows on dated.local_date = windows.local_date
left join linked
    on
        dated.source_system = linked.source_system
        and dated.access_id = linked.access_id
left join after_failures
    on
        dated.source_system = after_failures.source_system
        and dated.access_id = after_failures.access_id
left join served
    on
        dated.source_system = served.source_system
        and dated.access_id = served.access_id
left join {{ agent_teams_of('dated', key='dated.agent_key') }}

{{ config(meta={'looks_ahead_days': 30}) }}

with joiners as (

    select
        *,
        cast(null as {{ dbt.type_string() }}) as channel,
        cast(null as {{ dbt.type_string() }}) as queue_key
    from {{ ref('fct_employee_days') }}
    where is_joiner and {{ is_touched('local_date') }}

),

trainings as (

    select * from {{ ref('stg_hr__training_records') }}
    where {{ partition_filter('training_record') }} and status = 'completed'

),

exams as (

    select * from {{ ref('stg_hr__exam_results') }}
    where {{ partition_filter('exam_result') }} and is_passed

),

-- courses to complete and papers to pass
requirements as (

    select * from {{ ref('service_rotation') }}

),

windows as (

    {{ parameters_as_of('joiners', ['service_rotation_days']) | indent(4) }}

),

achievements as (

    select
        employee_key,
        'course' as kind,
        course_key as subject_key,
        cast(session_at_local as date) as achieved_on
    from trainings
    union all
    select
        employee_key,
        'exam' as kind,
        exam_key as subject_key,
        cast(taken_at_local as date) as achieved_on
    from exams

),

met as (

    select
        joiners.employee_day_id,
        count(distinct requirements.requirement) as requirements_met
    from joiners
    inner join windows on joiners.local_date = windows.local_date
    inner join achievements
        on
            joiners.agent_key = achievements.employee_key
            and {{ dbt.datediff('joiners.local_date', 'achievements.achieved_on', 'day') }}
            between 0 and windows.service_rotation_days
    inner join requirements
        on
            achievements.kind = requirements.kind
            and achievements.subject_key = requirements.subject_key
    group by joiners.employee_day_id

)

select
    joiners.employee_day_id as joiner_id,
    joiners.agent_key,
    joiners.team_key,
    joiners.site_key,
    joiners.local_date,
    coalesce(met.requirements_met, 0) = (select count(*) as requirements_in_all from requirements) as has_rotated
from joiners
left join met on joiners.employee_day_id = met.employee_day_id

{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook='{{ delete_rebuilt_board_periods() }}',
        meta={'sorted_by': 'period_start'}
    )
}}

{%- set key = 'indicator, level, grain, member' %}
{%- set streak = 'partition by ' ~ key %}
{%- set days_of_intervals = 7 %}

with shown_intervals as (

    select max(period_start) - {{ days_of_intervals }} as day_before
    from {{ ref('indicator_values') }}
    where grain = 'interval'

),

period_values as (

    select *
    from {{ ref('indicator_values') }}
    where
        {{ is_rebuilt_board_period('period_start', before=7) }}
        and (
            (grain in ('day', 'week') and level <> 'agent')
            or (
                grain = 'interval'
                and level in ('centre', 'site')
                and period_start > (select shown_intervals.day_before from shown_intervals)
            )
        )

),

newest as (

    select
        grain,
        indicator,
        max(period_start) as newest_of_indicator,
        max(max(period_start)) over (partition by grain) as newest_start
    from period_values
    group by grain, indicator

),

members as (

    -- Two queues may bear one name; a chart that puts names on its axis must still keep them apart.
    select
        level,
        member,
        name_en || case when count(*) over (partition by level, name_en) > 1 then ' (' || member || ')' else '' end
            as name_en,
        name_zh || case when count(*) over (partition by level, name_zh) > 1 then '(' || member || ')' else '' end
            as name_zh
    from {{ ref('dim_members') }}

),

targeted as (

    -- Whoever has no target of their own is held against the centre's, and target_from says so.
    select
        period_values.*,
        coalesce(period_values.target, centre.target) as judged_target,
        case
            when period_values.target is not null then 'own'
            when centre.target is not null then 'centre'
        end as target_from
    from period_values
    left join period_values as centre
        on
            period_values.indicator = centre.indicator
            and period_values.grain = centre.grain
            and period_values.starts_at = centre.starts_at
            and centre.level = 'centre'

),

judged as (

    select
        targeted.*,
        indicators.name_en as indicator_name_en,
        indicators.name_zh as indicator_name_zh,
        indicators.unit,
        case
            when targeted.grain = 'interval' then null
            when indicators.direction = 'higher' then targeted.value < targeted.judged_target
            when indicators.direction = 'lower' then targeted.value > targeted.judged_target
        end as is_failing,
        previous.value as previous_value,
        week_ago.value as week_ago_value,
        newest.newest_start,
        newest.newest_of_indicator
    from targeted
    inner join newest
        on
            targeted.grain = newest.grain
            and targeted.indicator = newest.indicator
    left join {{ ref('dim_indicators') }} as indicators
        on targeted.indicator = indicators.indicator
    left join period_values as previous
        on
            targeted.indicator = previous.indicator
            and targeted.grain = previous.grain
            and targeted.level = previous.level
            and targeted.member = previous.member
            and targeted.starts_at - if(targeted.grain = 'week', 7, 1) * interval '1' day = previous.starts_at
    left join period_values as week_ago
        on
            targeted.indicator = week_ago.indicator
            and targeted.grain = week_ago.grain
            and targeted.level = week_ago.level
            and targeted.member = week_ago.member
            and targeted.starts_at - interval '7' day = week_ago.starts_at

),

streaks as (

    -- A streak begins after the last period that met its target; one without a verdict neither ends nor begins it.
    select
        *,
        sum(case when is_failing = false then 1 else 0 end) over ({{ streak }} order by period_start) as streak
    from judged
    where {{ is_rebuilt_board_period('period_start') }}

),

carried as (

    -- the streaks that the periods before these leave open, which the first ones told now go on with
    {% if is_incremental() %}
        select
            0 as streak,
            {{ key }},
            max_by(failing_since, period_start) as failing_since,
            max_by(failing_periods, period_start) as failing_periods
        from {{ this }}
        where is_failing is not null
        group by {{ key }}
        having max(case when is_failing then period_start end) = max(period_start)
    {% else %}
        select
            0 as streak,
            {{ key }},
            cast(null as date) as failing_since,
            cast(null as integer) as failing_periods
        from judged
        where false
    {% endif %}

),

told as (

    select
        *,
        min(case when is_failing then period_start end) over ({{ streak }}, streak) as streak_start,
        sum(case when is_failing then 1 else 0 end) over ({{ streak }}, streak order by period_start) as streak_length,
        {{ dbt.datediff('period_start', 'newest_start', 'day') | trim }} + 1 as days_back
    from streaks

)

select
    told.indicator || '|' || told.grain || '|' || told.starts_at || '|' || told.level || '|' || told.member
        as board_indicator_value_id,
    told.grain,
    told.period_start,
    told.starts_at,
    case
        when told.period_start = told.newest_of_indicator and told.days_back <= {{ recent_days() }} then 'Latest'
        else cast(told.period_start as {{ dbt.type_string() }})
    end as period_en,
    case
        when told.period_start = told.newest_of_indicator and told.days_back <= {{ recent_days() }} then '最新'
        else cast(told.period_start as {{ dbt.type_string() }})
    end as period_zh,
    case when told.days_back <= {{ recent_days() }} then cast(told.days_back as integer) end as days_back,
    told.indicator,
    told.indicator_name_en,
    told.indicator_name_zh,
    told.indicator_name_en || coalesce(', ' || units.unit_en, '') as indicator_label_en,
    told.indicator_name_zh || coalesce('(' || units.unit_zh || ')', '') as indicator_label_zh,
    coalesce(units.unit_en, '') as unit_en,
    coalesce(units.unit_zh, '') as unit_zh,
    told.level,
    levels.level_name_en,
    levels.level_name_zh,
    told.member,
    coalesce(levels.whole_en, members.name_en, told.member) as member_name_en,
    coalesce(levels.whole_zh, members.name_zh, told.member) as member_name_zh,
    told.numerator,
    told.denominator,
    told.value,
    told.previous_value,
    told.week_ago_value,
    told.value - told.previous_value as change,
    told.judged_target as target,
    case told.target_from when 'own' then 'Own' when 'centre' then 'Centre' end as target_from_en,
    case told.target_from when 'own' then '自身' when 'centre' then '中心' end as target_from_zh,
    told.is_failing,
    case when told.is_failing then coalesce(carried.failing_since, told.streak_start) end as failing_since,
    case
        when told.is_failing then cast(told.streak_length + coalesce(carried.failing_periods, 0) as integer)
    end as failing_periods,
    told.sample_size,
    told.completeness,
    told.fresh_until,
    told.status,
    statuses.status_name_en,
    statuses.status_name_zh
from told
left join (
    values
    ('centre', 'Centre', '中心', 'Whole centre', '全中心'),
    ('site', 'Site', '职场', null, null),
    ('team', 'Team', '团队', null, null),
    ('tenure_band', 'Tenure', '司龄段', null, null),
    ('queue', 'Queue', '队列', null, null),
    ('client', 'Client', '委托方', null, null),
    ('reason', 'Contact reason', '联络原因', null, null),
    ('channel', 'Channel', '渠道', null, null)
) as levels (level, level_name_en, level_name_zh, whole_en, whole_zh)
    on told.level = levels.level
left join {{ ref('units') }} as units
    on told.unit = units.unit
left join (
    values
    ('final', 'Final', '终值'),
    ('provisional', 'Provisional', '暂定'),
    ('no_traffic', 'No traffic', '无业务量'),
    ('below_floor', 'Too few to judge', '样本不足'),
    ('closed', 'Closed', '未营业'),
    ('feed_missing', 'Feed missing', '数据未到')
) as statuses (status, status_name_en, status_name_zh)
    on told.status = statuses.status
left join members
    on told.level = members.level and told.member = members.member
left join carried
    on
        told.streak = carried.streak
        and told.indicator = carried.indicator
        and told.grain = carried.grain
        and told.level = carried.level
        and told.member = carried.member

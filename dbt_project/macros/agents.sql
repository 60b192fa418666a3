{#-
Who the agent of a row was on its day, and in which team: joins and columns that facts about agents have alike.

A fact joins `agent_names_of` and `agent_teams_of` and selects `agent_columns`. `rows` names the CTE that is attributed,
with source_system, agent_alias, site_key and local_date unless other expressions are given for them.
-#}

{#- To be joined: the employee whom the row's source calls by a name on a date, as agent_names. -#}
{% macro agent_names_of(rows, alias=none, date=none) -%}
{{ ref('int_agent_names') }} as agent_names
    on
        {{ rows }}.source_system = agent_names.source_system
        and {{ alias or rows ~ '.agent_alias' }} = agent_names.agent_alias
        and {{ date or rows ~ '.local_date' }} between agent_names.valid_from and agent_names.valid_to
{%- endmacro %}


{#- To be joined: the employee's team on the row's date, as agent_teams. -#}
{% macro agent_teams_of(rows, key='agent_names.agent_key') -%}
{{ ref('dim_agent_teams') }} as agent_teams
    on
        {{ key }} = agent_teams.agent_key
        and {{ rows }}.local_date between agent_teams.valid_from and agent_teams.valid_to
{%- endmacro %}


{#- The employee, or the name that the source gives to somebody who is in no employee record. -#}
{% macro agent_key_of(rows, alias=none, known='agent_names.agent_key') -%}
    coalesce({{ known }}, 'unresolved:' || {{ rows }}.source_system || ':' || {{ alias or rows ~ '.agent_alias' }})
{%- endmacro %}


{#- What a fact says of its agent; `key` unless agent_alias tells it. Without a team the source's site holds. -#}
{% macro agent_columns(rows, key=none) -%}
    {{ key or agent_key_of(rows) }} as agent_key,
    agent_teams.team_key,
    coalesce(agent_teams.site_key, {{ rows }}.site_key) as site_key
{%- endmacro %}


{#- How long the employee has been with the centre on the row's date, as a band; names in the seed tenure_bands. -#}
{% macro tenure_band_of(rows) -%}
    case
        when {{ rows }}.local_date < agent_teams.hired_on then null
        {%- for days in (30, 90, 365) %}
        when {{ rows }}.local_date < {{ dbt.dateadd('day', days, 'agent_teams.hired_on') }} then 'under_{{ days }}'
        {%- endfor %}
        when agent_teams.hired_on is not null then 'older'
    end
{%- endmacro %}

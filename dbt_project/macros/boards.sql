{#-
What boards are told anew. A board's table tells of recent periods how far back they are, which changes from day to day,
and of every period since when it has been failing, which depends on the periods before it. So a run replaces what it may
have changed and all that was recent before it; older periods stay as they are, whatever the history. Every day that has passed
since the run before counts as changed: however far the newest day jumps, what was recent then is told anew.
-#}

{#- How many days back boards count. -#}
{% macro recent_days() -%}
    {{- return(92) -}}
{%- endmacro %}


{#- The first day that is told anew, some days before it included, as a literal; none when everything is. -#}
{% macro first_rebuilt_board_day(before=0) -%}
    {%- set changed = dates_to_rebuild(widest_reach()) + var('maturing_dates') -%}
    {%- if changed and not flags.FULL_REFRESH -%}
        {%- set date, timedelta = modules.datetime.date, modules.datetime.timedelta -%}
        {%- set touched = date.fromisoformat((var('touched_dates') or changed) | min) -%}
        {#- a week begins up to six days before a day of it; what was newest is the first touched day, or the day before -#}
        {%- set recent = touched - timedelta(days=1 + 6 + recent_days()) -%}
        {%- set first = [date.fromisoformat(changed | min) - timedelta(days=6), recent] | min -%}
        {{- return("date '" ~ (first - timedelta(days=before)).isoformat() ~ "'") -}}
    {%- endif -%}
{%- endmacro %}


{#- Condition that keeps the periods that are told anew, and those that begin some days before. -#}
{% macro is_rebuilt_board_period(column, before=0) -%}
    {%- set first = first_rebuilt_board_day(before) if execute -%}
    {{ column ~ ' >= ' ~ first if first else 'true' }}
{%- endmacro %}


{#- Pre-hook of a board's table: the rows that the model is about to append again. -#}
{% macro delete_rebuilt_board_periods() -%}
    {%- if is_incremental() -%}
        delete from {{ this }} where {{ is_rebuilt_board_period('period_start') }}
    {%- endif -%}
{%- endmacro %}

{#-
The rows of a table of periods are whole: among the periods that were rebuilt the key, some columns, names one row each;
since the first that any fact reaches the columns have a value, and those of `allowed` (column -> values) one of theirs.
One test a model, because each test costs a run the same start.
-#}
{% test sound_in_touched_periods(model, key, filled, allowed={}) %}

select
    'the key is repeated' as fault,
    {{ key | join(', ') }}
from {{ model }}
where {{ is_in_touched_period() }}
group by {{ key | join(', ') }}
having count(*) > 1

union all

select
    'a column is empty' as fault,
    {{ key | join(', ') }}
from {{ model }}
where {{ is_since_touched_periods(widest_reach()) }} and ({{ (key + filled) | unique | join(' is null or ') }} is null)

{% for column, values in allowed.items() %}
union all

select
    '{{ column }} has another value' as fault,
    {{ key | join(', ') }}
from {{ model }}
where {{ is_since_touched_periods(widest_reach()) }} and {{ column }} not in ('{{ values | join("', '") }}')
{% endfor %}

{% endtest %}

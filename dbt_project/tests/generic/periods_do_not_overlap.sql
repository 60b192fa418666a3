{#- Of one key at most one row is valid on any day. -#}
{% test periods_do_not_overlap(model, key) %}

with periods as (

    select
        {{ key | join(', ') }},
        valid_from,
        lag(valid_to) over (partition by {{ key | join(', ') }} order by valid_from) as previous_valid_to
    from {{ model }}

)

select * from periods
where valid_from <= previous_valid_to

{% endtest %}

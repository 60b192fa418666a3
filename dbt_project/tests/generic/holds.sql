{#- A statement about every row that is not false; null counts as holding. -#}
{% test holds(model, statement) %}

select * from {{ model }}
where not ({{ statement }})

{% endtest %}

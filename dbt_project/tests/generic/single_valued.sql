{#- A column holds one value in all rows. -#}
{% test single_valued(model, column) %}

select count(distinct {{ column }}) as different_values from {{ model }}
having count(distinct {{ column }}) > 1

{% endtest %}

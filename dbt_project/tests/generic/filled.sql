{#- Every one of the columns has a value in every row; one test a model, because each test costs a run the same start. -#}
{% test filled(model, columns) %}

select {{ columns | join(', ') }} from {{ model }}
where {{ columns | join(' is null or ') }} is null

{% endtest %}

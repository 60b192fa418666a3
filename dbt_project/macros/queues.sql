{#- Which of the centre's queues a source means by a name, alike in every staging model whose table has queues. -#}

{#- To be joined: the queue that the centre declares for the name of one in a source, as queue_names. -#}
{% macro queue_names_of(rows) -%}
{{ ref('stg_centre__names') }} as queue_names
    on
        {{ rows }}.source_system = queue_names.source_system
        and {{ rows }}.queue_key = queue_names.source_name
        and queue_names.kind = 'queue'
{%- endmacro %}


{#- The declared queue; a name that nothing declares is a queue of its own. -#}
{% macro declared_queue(name) -%}
    coalesce(queue_names.declared_key, {{ name }})
{%- endmacro %}

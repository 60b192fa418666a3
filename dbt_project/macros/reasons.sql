{#-
Why customers made contact. What sources tell stays as it is in `contact_reason`; which of that are reasons, centre.yml
declares. A contact has one reason, however many legs and labels it has: the last that was told, and of those told at one
time the one that centre.yml names first. What declares no reason is none.
-#}

{#- Calls and conversations that have a declared reason, among the rows that a run reads. -#}
{% macro contact_reasons() -%}
    {%- set calls = ref('stg_telephony__interactions') ~ ' where ' ~ partition_filter('tel_interaction') -%}
    {%- set conversations = ref('stg_chat__conversations') ~ ' where ' ~ partition_filter('chat_conversation') -%}
    select
        source_system,
        contact_id,
        false as is_conversation,
        reason_key
    from (
        {{- reasons_told(calls, 'root_interaction_id', 'coalesce(answered_at, started_at)') }}
    ) as calls
    union all
    select
        source_system,
        contact_id,
        true as is_conversation,
        reason_key
    from (
        {{- reasons_told(conversations, 'conversation_id', 'created_at') }}
    ) as conversations
{%- endmacro %}


{#- Cases that have a declared reason, among the rows that a run reads; contact_id is the case's. -#}
{% macro case_reasons() -%}
    {{ reasons_told(ref('stg_crm_case__cases') ~ ' where ' ~ partition_filter('crm_case'), 'case_id', 'opened_at') }}
{%- endmacro %}


{#- What rows tell of each contact, as a declared reason; `rows` are a staging model's under a condition. -#}
{% macro reasons_told(rows, contact_id, told_at) %}
        select
            source_system,
            contact_id,
            reason_key
        from (
            select
                labels.source_system,
                labels.contact_id,
                reason_names.declared_key as reason_key,
                row_number() over (
                    partition by labels.source_system, labels.contact_id
                    order by labels.told_at desc, reason_names.place
                ) as place
            from (
                select
                    source_system,
                    {{ contact_id }} as contact_id,
                    {{ told_at }} as told_at,
                    {{ separated('contact_reason', '|') }} as label
                from {{ rows }} and contact_reason is not null
            ) as labels
            inner join {{ ref('stg_centre__names') }} as reason_names
                on
                    labels.source_system = reason_names.source_system
                    and trim(labels.label) = reason_names.source_name
                    and reason_names.kind = 'reason'
        ) as told
        where place = 1
{%- endmacro %}

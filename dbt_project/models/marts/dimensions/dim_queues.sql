{#- Observed queues are kept from run to run, so that a run reads no more than its own dates. -#}
{{ config(materialized='incremental', incremental_strategy='append') }}

{%- set observed_in = [
    ('stg_telephony__interactions', 'tel_interaction'),
    ('stg_telephony__offers', 'tel_offer'),
    ('stg_chat__conversations', 'chat_conversation'),
    ('stg_chat__survey_invitations', 'csat'),
    ('stg_hr__forecasts', 'forecast'),
    ('stg_crm_case__complaints', 'complaint'),
    ('stg_survey__invitations', 'survey_invitation'),
] -%}

with declared as (

    select * from {{ ref('stg_centre__queues') }}

),

observed as (

    {% for model, table in observed_in %}
        select queue_key from {{ ref(model) }}
        where {{ partition_filter(table) }}
        union distinct
    {% endfor %}
    select queue_key from declared

)

select
    observed.queue_key,
    coalesce(declared.name_en, observed.queue_key) as name_en,
    coalesce(declared.name_zh, observed.queue_key) as name_zh,
    declared.queue_group,
    declared.client_key
from observed
left join declared on observed.queue_key = declared.queue_key
where observed.queue_key is not null
{% if is_incremental() %}
    and observed.queue_key not in (select queue_key from {{ this }})
{% endif %}

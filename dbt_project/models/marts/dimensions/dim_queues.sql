{#- Observed queues are kept from run to run, so that a run reads no more than its own dates. -#}
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='queue_key') }}

with declared as (

    select * from {{ ref('stg_centre__queues') }}

),

observed as (

    select queue_key from {{ ref('stg_telephony__interactions') }}
    where {{ partition_filter('tel_interaction') }}
    union distinct
    select queue_key from {{ ref('stg_telephony__offers') }}
    where {{ partition_filter('tel_offer') }}
    union distinct
    select queue_key from {{ ref('stg_chat__conversations') }}
    where {{ partition_filter('chat_conversation') }}
    union distinct
    select queue_key from {{ ref('stg_chat__survey_invitations') }}
    where {{ partition_filter('csat') }}
    union distinct
    select queue_key from {{ ref('stg_survey__invitations') }}
    where {{ partition_filter('survey_invitation') }}
    union distinct
    select queue_key from declared

)

select
    observed.queue_key,
    coalesce(declared.name_en, observed.queue_key) as name_en,
    coalesce(declared.name_zh, observed.queue_key) as name_zh,
    declared.queue_group
from observed
left join declared on observed.queue_key = declared.queue_key
where observed.queue_key is not null

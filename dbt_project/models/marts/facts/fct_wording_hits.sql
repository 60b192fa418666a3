with messages as (

    select * from {{ ref('stg_chat__messages') }}
    where {{ partition_filter('chat_message') }} and sender_type = 'agent' and not is_private and body is not null

),

-- the last verdict on each message; what is reviewed after a complaint says nothing of the rules
reviews as (

    select
        message_id,
        max_by(event_date, reviewed_at) as event_date,
        max_by(verdict, reviewed_at) as verdict
    from {{ ref('stg_qa__wording_reviews') }}
    where {{ partition_filter('wording_review') }} and is_random
    group by message_id

),

rules as (

    select * from {{ ref('wording_rules') }}

),

classes as (

    select * from {{ ref('wording_classes') }}

),

lowered as (

    select
        source_system,
        message_id,
        conversation_id,
        agent_alias,
        cast(sent_at_local as date) as local_date,
        lower(body) as wording
    from messages
    where {{ is_touched('cast(sent_at_local as date)') }}

),

-- what a text does not need costs a search only
simplified as (

    select
        * exclude (wording),
        case
            when {{ regex_found('wording', "'[' || " ~ wording_variants('variant') ~ " || ']'") }}
                then translate(wording, {{ wording_variants('variant') }}, {{ wording_variants('character') }})
            else wording
        end as wording
    from lowered

),

-- Chinese without blanks between its characters, as recognised speech has them, and without readings in brackets
closed_up as (

    select
        * exclude (wording),
        case
            when {{ regex_found('wording', "'\\p{Han}(\\s| ?[(（\\[【])'") }}
                then regexp_replace(
                        regexp_replace(wording, '(\p{Han}) ?[(（\[【][\p{Latin} ''·-]+[)）\]】]', '\1', 'g'),
                        '(\p{Han})\s+',
                        '\1',
                        'g'
                    )
            else wording
        end as wording
    from simplified

),

scanned as (

    select
        * exclude (wording),
        {{ regex_pieces('wording', wording_expression()) }} as pieces
    from closed_up

),

-- every second piece is a phrase that some rule describes
numbered as (

    select
        *,
        {{ numbers_between(1, '(len(pieces) - 1) // 2') }} as hit_number
    from scanned
    where len(pieces) > 1

),

hits as (

    select
        * exclude (pieces),
        pieces[2 * hit_number] as phrase,
        {{ pieces_joined('pieces', 1, '2 * hit_number - 1') }} as text_before,
        {{ pieces_joined('pieces', '2 * hit_number + 1', 'len(pieces)') }} as text_after
    from numbered

),

-- the same phrases come again and again: which rules describe them is asked once for each
described as (

    select
        phrases.phrase,
        rules.*
    from (select distinct phrase from hits) as phrases
    inner join rules on regexp_full_match(phrases.phrase, rules.pattern)

),

judged as (

    select
        hits.*,
        described.rule_key,
        described.valid_from as rule_valid_from,
        described.class,
        classes.is_banned,
        coalesce({{ regex_found('hits.text_before', "'(' || described.unless_before || ')$'") }}, false)
        or coalesce({{ regex_found('hits.text_after', "'^(' || described.unless_after || ')'") }}, false)
        or classes.is_banned
        and (
            {{ regex_found('hits.text_before', wording_context('before')) }}
            or {{ regex_found('hits.text_after', wording_context('after')) }}
            -- inside quotation marks
            or (length(hits.text_before) - length(replace(hits.text_before, '"', ''))) % 2 = 1
        ) as is_excused
    from hits
    inner join described
        on
            hits.phrase = described.phrase
            and hits.local_date between described.valid_from and coalesce(described.valid_to, date '9999-12-31')
    inner join classes on described.class = classes.class

)

select
    judged.source_system || ':' || judged.message_id || ':' || judged.hit_number || ':' || judged.rule_key as hit_id,
    judged.source_system,
    judged.message_id,
    judged.conversation_id,
    judged.agent_alias,
    judged.local_date,
    judged.class,
    judged.is_banned,
    judged.rule_key,
    judged.rule_valid_from,
    judged.phrase,
    reviews.verdict is not null as is_reviewed,
    coalesce(reviews.verdict = 'confirmed', false) as is_confirmed
from judged
-- the reviewers' day is not always the site's
left join reviews
    on
        judged.message_id = reviews.message_id
        and reviews.event_date between judged.local_date - interval '1' day and judged.local_date + interval '1' day
where not judged.is_excused

{{ config(materialized='table') }}

{% set cards = [] %}
{% for board in graph.exposures.values() | sort(attribute='name') if execute and board.type == 'dashboard' %}
{% for card in board.config.meta.cards if card.name_en %}
{% for indicator in card.indicators %}
{% do cards.append({'board': board, 'card': card, 'indicator': indicator}) %}
{% endfor %}
{% endfor %}
{% endfor %}

{% for shown in cards %}
select
    '{{ shown.indicator }}' as indicator,
    '{{ shown.board.name }}' as board,
    {{ text_literal(shown.board.label) }} as board_en,
    {{ text_literal(shown.board.config.meta.name_zh) }} as board_zh,
    '{{ shown.card.key }}' as card,
    {{ text_literal(shown.card.name_en) }} as card_en,
    {{ text_literal(shown.card.name_zh) }} as card_zh
{% if not loop.last %}union all{% endif %}
{% endfor %}

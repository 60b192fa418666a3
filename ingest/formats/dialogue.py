"""What the messages of a conversation tell of it, for formats that deliver conversations whole.

Definitions:

- A reply is a message of a person to the customer: no private note, no bot, no automatic message.
- A person is asked for when a bot that spoke first hands over, else at the bot's last message before the reply; when a
  bot spoke first and nobody replied or was called, nobody was asked for. Without a bot it is the customer's first
  message, and in a conversation that a person began nobody was asked for.

How messages are read is the business of a format.
"""

from __future__ import annotations

FACTS = (
    *("human_requested_at", "first_agent_message_at", "first_agent_key", "last_agent_key"),
    *("last_customer_message_at", "customer_message_count", "agent_message_count", "first_at", "last_at"),
)
"""What ``told`` says of a conversation."""


def told(messages: str, by: str) -> str:
    """SQL for one row a conversation with ``FACTS``.

    ``messages`` is a relation with ``sent_at``, ``position``, ``sender_type``, ``agent_key``, ``is_private`` and
    ``hands_over`` (a person is called for here); ``by`` names the columns that identify a conversation in it.
    """
    return f"""(
        with said as (
            select *, sender_type = 'agent' and not is_private as is_reply, (sent_at, position) as place from {messages}
        ),
        heard as (
            select {by}, min(sent_at) as first_at, max(sent_at) as last_at,
                min(sent_at) filter (sender_type = 'customer') as first_customer_at,
                max(sent_at) filter (sender_type = 'customer') as last_customer_message_at,
                count(*) filter (sender_type = 'customer') as customer_message_count,
                min(sent_at) filter (is_reply) as first_agent_message_at,
                arg_min(agent_key, place) filter (is_reply) as first_agent_key,
                arg_max(agent_key, place) filter (is_reply) as last_agent_key,
                count(*) filter (is_reply) as agent_message_count,
                min(sent_at) filter (sender_type = 'bot') as first_bot_at
            from said group by all
        ),
        handed as (
            select {by}, max(sent_at) filter (sender_type = 'bot') as last_bot_at,
                min(sent_at) filter (hands_over and sent_at >= first_bot_at) as handed_at
            from said join heard using ({by})
            where sent_at <= coalesce(first_agent_message_at, 'infinity')
                and first_bot_at < coalesce(first_agent_message_at, 'infinity')
            group by all
        )
        select heard.*, case
            when last_bot_at is not null
                then coalesce(handed_at, case when first_agent_message_at is not null then last_bot_at end)
            when first_agent_message_at < coalesce(first_customer_at, 'infinity') then null
            else first_customer_at end as human_requested_at
        from heard left join handed using ({by})
    )"""

{#-
How wording is looked for: every message is read once, by one regular expression made of all rules. The rules are rows;
their expression is written into the query as a constant, since an expression from a column is compiled for every row.
-#}


{#- A text that a query makes of a relation's rows: a constant once that is built; until then, and of a unit test's rows, the query. -#}
{% macro constant_from(relation, query) -%}
    {%- set built = load_relation(relation) if execute and not relation.is_cte -%}
    {%- if built -%}
        {{ text_literal(run_query(query).columns[0].values()[0]) }}
    {%- else -%}
        ({{ query }})
    {%- endif -%}
{%- endmacro %}


{#- All rules as one expression; of two that begin at the same place the longer one is tried first. -#}
{% macro wording_expression() -%}
    {%- set rules = ref('wording_rules') -%}
    {{- constant_from(rules, "select string_agg(pattern, '|' order by length(pattern) desc, pattern) from " ~ rules) -}}
{%- endmacro %}


{#- What makes words on one side of a phrase (before, after) another person's, denied or supposed. -#}
{% macro wording_context(side) -%}
    {%- set contexts = ref('wording_contexts') -%}
    {%- set pattern = "'(' || string_agg(pattern, '|' order by context_key) || ')'" -%}
    {%- set anchored = pattern ~ " || '$'" if side == 'before' else "'^' || " ~ pattern -%}
    {{- constant_from(contexts, "select " ~ anchored ~ " from " ~ contexts ~ " where side = '" ~ side ~ "'") -}}
{%- endmacro %}


{#- Variants of characters in one string, and the common characters that stand for them in another. -#}
{% macro wording_variants(column) -%}
    {%- set variants = ref('wording_variants') -%}
    {{- constant_from(variants, "select string_agg(" ~ column ~ ", '' order by variant) from " ~ variants) -}}
{%- endmacro %}

{#- Everything that DuckDB and Spark write differently, and nothing else. -#}

{% macro local_time(instant, zone) %}
    {{- return(adapter.dispatch('local_time')(instant, zone)) -}}
{% endmacro %}

{% macro duckdb__local_time(instant, zone) -%}
    timezone({{ zone }}, {{ instant }})
{%- endmacro %}

{% macro spark__local_time(instant, zone) -%}
    convert_timezone('UTC', {{ zone }}, cast({{ instant }} as timestamp_ntz))
{%- endmacro %}


{% macro date_series(first, last) %}
    {{- return(adapter.dispatch('date_series')(first, last)) -}}
{% endmacro %}

{% macro duckdb__date_series(first, last) -%}
    select unnest(generate_series({{ first }}, {{ last }}, interval 1 day)) as date_day
{%- endmacro %}

{% macro spark__date_series(first, last) -%}
    select explode(sequence({{ first }}, {{ last }}, interval 1 day)) as date_day
{%- endmacro %}


{% macro iso_weekday(date) %}
    {{- return(adapter.dispatch('iso_weekday')(date)) -}}
{% endmacro %}

{% macro duckdb__iso_weekday(date) -%}
    cast(isodow({{ date }}) as integer)
{%- endmacro %}

{% macro spark__iso_weekday(date) -%}
    extract(dayofweek_iso from {{ date }})
{%- endmacro %}


{#- Microseconds since 1970-01-01 UTC: whole numbers, so that sums do not depend on the order of their parts. -#}
{% macro epoch_microseconds(instant) %}
    {{- return(adapter.dispatch('epoch_microseconds')(instant)) -}}
{% endmacro %}

{% macro duckdb__epoch_microseconds(instant) -%}
    epoch_us({{ instant }})
{%- endmacro %}

{% macro spark__epoch_microseconds(instant) -%}
    unix_micros({{ instant }})
{%- endmacro %}


{#- Seconds since 1970-01-01 UTC to an instant. -#}
{% macro instant_of_epoch(seconds) %}
    {{- return(adapter.dispatch('instant_of_epoch')(seconds)) -}}
{% endmacro %}

{% macro duckdb__instant_of_epoch(seconds) -%}
    to_timestamp({{ seconds }})
{%- endmacro %}

{% macro spark__instant_of_epoch(seconds) -%}
    timestamp_seconds({{ seconds }})
{%- endmacro %}


{#- Start of the quarter of an hour that a local time lies in. -#}
{% macro quarter_hour(local_time) %}
    {{- return(adapter.dispatch('quarter_hour')(local_time)) -}}
{% endmacro %}

{% macro duckdb__quarter_hour(local_time) -%}
    time_bucket(interval 15 minute, {{ local_time }})
{%- endmacro %}

{% macro spark__quarter_hour(local_time) -%}
    date_trunc('hour', {{ local_time }})
    + make_dt_interval(0, 0, 15 * cast(floor(minute({{ local_time }}) / 15) as int))
{%- endmacro %}


{#- One row a whole number from first to last, both included; stands in a select list. -#}
{% macro numbers_between(first, last) %}
    {{- return(adapter.dispatch('numbers_between')(first, last)) -}}
{% endmacro %}

{% macro duckdb__numbers_between(first, last) -%}
    unnest(generate_series({{ first }}, {{ last }}))
{%- endmacro %}

{% macro spark__numbers_between(first, last) -%}
    explode(sequence({{ first }}, {{ last }}))
{%- endmacro %}


{#- The instant at which the clocks of a zone show a local time. -#}
{% macro instant_of_local(local_time, zone) %}
    {{- return(adapter.dispatch('instant_of_local')(local_time, zone)) -}}
{% endmacro %}

{% macro duckdb__instant_of_local(local_time, zone) -%}
    timezone({{ zone }}, cast({{ local_time }} as timestamp))
{%- endmacro %}

{% macro spark__instant_of_local(local_time, zone) -%}
    to_utc_timestamp(cast({{ local_time }} as timestamp), {{ zone }})
{%- endmacro %}


{#- How many elements an array has. -#}
{% macro array_size(array) %}
    {{- return(adapter.dispatch('array_size')(array)) -}}
{% endmacro %}

{% macro duckdb__array_size(array) -%}
    len({{ array }})
{%- endmacro %}

{% macro spark__array_size(array) -%}
    size({{ array }})
{%- endmacro %}


{#- Whether a regular expression is found in a text. -#}
{% macro regex_found(text, pattern) %}
    {{- return(adapter.dispatch('regex_found')(text, pattern)) -}}
{% endmacro %}

{% macro duckdb__regex_found(text, pattern) -%}
    regexp_matches({{ text }}, {{ pattern }})
{%- endmacro %}

{% macro spark__regex_found(text, pattern) -%}
    regexp_like({{ text }}, {{ pattern }})
{%- endmacro %}


{#- A text in pieces: what lies before, between and behind the places where a regular expression is found, and these. -#}
{% macro regex_pieces(text, pattern) %}
    {{- return(adapter.dispatch('regex_pieces')(text, pattern)) -}}
{% endmacro %}

{% macro duckdb__regex_pieces(text, pattern) -%}
    string_split(regexp_replace({{ text }}, {{ pattern }}, chr(1) || '\0' || chr(1), 'g'), chr(1))
{%- endmacro %}

{% macro spark__regex_pieces(text, pattern) -%}
    split(regexp_replace({{ text }}, {{ pattern }}, char(1) || '$0' || char(1)), char(1))
{%- endmacro %}


{#- Some of the pieces of a text put together again, first and last counted from 1. -#}
{% macro pieces_joined(pieces, first, last) %}
    {{- return(adapter.dispatch('pieces_joined')(pieces, first, last)) -}}
{% endmacro %}

{% macro duckdb__pieces_joined(pieces, first, last) -%}
    array_to_string({{ pieces }}[{{ first }}:{{ last }}], '')
{%- endmacro %}

{% macro spark__pieces_joined(pieces, first, last) -%}
    array_join(slice({{ pieces }}, {{ first }}, {{ last }} - {{ first }} + 1), '')
{%- endmacro %}


{#- One row a part of a text between separators of one character; stands in a select list. -#}
{% macro separated(text, separator) %}
    {{- return(adapter.dispatch('separated')(text, separator)) -}}
{% endmacro %}

{% macro duckdb__separated(text, separator) -%}
    unnest(string_split({{ text }}, '{{ separator }}'))
{%- endmacro %}

{% macro spark__separated(text, separator) -%}
    explode(split({{ text }}, '[{{ separator }}]'))
{%- endmacro %}


{#-
Percentile of durations of which some had not ended when they were last looked at, by Kaplan and Meier: the shortest by
which at least that share is estimated to have ended, null when the estimate does not come so far. An aggregate.

From the longest to the shortest, the place of a duration is how many were still under way; what ends leaves all but one
of them. Reversed, the survivors of one step are those that the next starts from, until few enough are left. Of durations
that are alike those that ended come first: the others were still under way.
-#}
{% macro percentile_of_censored(duration, is_censored, percentile) %}
    {{- return(adapter.dispatch('percentile_of_censored')(duration, is_censored, percentile)) -}}
{% endmacro %}

{% macro duckdb__percentile_of_censored(duration, is_censored, percentile) -%}
    list_reduce(
        list_reverse(list_transform(
            list({'duration': cast({{ duration }} as double), 'is_censored': ({{ is_censored }})}
                order by {{ duration }} desc, ({{ is_censored }}) desc) filter (where {{ duration }} is not null),
            lambda one, place: {
                'survival': case when one.is_censored then 1 else (place - 1) / cast(place as double) end,
                'reached': one.duration
            }
        )),
        lambda until, one: case
            when until.reached is not null then until
            else {
                'survival': until.survival * one.survival,
                'reached': case when until.survival * one.survival <= {{ 1 - percentile }} + 1e-9 then one.reached end
            }
        end,
        {'survival': cast(1 as double), 'reached': cast(null as double)}
    ).reached
{%- endmacro %}

{% macro spark__percentile_of_censored(duration, is_censored, percentile) -%}
    aggregate(
        reverse(transform(
            sort_array(collect_list(
                case when {{ duration }} is not null then
                    named_struct('duration', cast({{ duration }} as double), 'is_censored', ({{ is_censored }}))
                end
            ), false),
            (one, before) -> named_struct(
                'survival', case when one.is_censored then 1D else before / cast(before + 1 as double) end,
                'reached', one.duration
            )
        )),
        named_struct('survival', 1D, 'reached', cast(null as double)),
        (until, one) -> case
            when until.reached is not null then until
            else named_struct(
                'survival', until.survival * one.survival,
                'reached', case when until.survival * one.survival <= {{ 1 - percentile }} + 1e-9D then one.reached end
            )
        end
    ).reached
{%- endmacro %}

//! Checks that a translation has the quantities of its source.

use super::read::{Found, Number, Time, Value, find};
use std::ops::Range;

/// How the names of some units start: a model may confuse currencies, or lose a percent sign.
const NAMES: [(&str, &str); 5] = [
    ("%", "per por pour pct proc proz проц відс τοις प्रति パーセント 퍼센트"),
    ("€", "eur evr евр ευρ יור 欧元 ユーロ 유로"),
    ("$", "dol dól dòl дол δολ דול دول 美元 ドル 달러"),
    ("£", "pound libra livre lliur pfund pond sterl фунт 英镑 ポンド"),
    ("¥", "yen ien yuan иен юан 日元 元 円 엔"),
];

/// The largest number that a translation may spell out.
const MAX_SPELLED: u32 = 12;

/// The quantities of the source that are not in its translation, neither in the same nor in another notation:
/// `1,234.5` may become `1.234,5`, `3 p.m.` `15h`, `21/11/2026` `2026-11-21`, `20 %` `20 por cento`.
///
/// A number up to twelve may be spelled out; then there must be no other number in its place.
pub(crate) fn lost(source: &str, translation: &str) -> Vec<Range<usize>> {
    let wanted = find(source);
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut left = find(translation);
    let mut lost = Vec::new();
    let mut take = |quantity: &Found| {
        let at = left.iter().position(|other| is_same(quantity, other));
        at.map(|at| left.remove(at)).is_some()
    };
    // What the source has in words may have stayed; it goes last.
    let (in_words, apart): (Vec<&Found>, Vec<&Found>) =
        wanted.iter().partition(|quantity| quantity.is_in_word);
    lost.extend(apart.into_iter().filter(|quantity| !take(quantity)));
    in_words.into_iter().for_each(|quantity| {
        take(quantity);
    });
    if left.iter().all(|quantity| quantity.is_in_word) {
        lost.retain(|quantity| !may_be_spelled(quantity));
    }
    lost.into_iter().map(|quantity| quantity.range.clone()).collect()
}

fn may_be_spelled(quantity: &Found) -> bool {
    quantity.is_plain && integer(&quantity.value).is_some_and(|number| number <= MAX_SPELLED)
}

fn is_same(source: &Found, other: &Found) -> bool {
    match (&source.value, &other.value) {
        (Value::Date(one), Value::Date(other)) => is_same_date(*one, *other),
        (Value::Time(one), Value::Time(other)) => is_same_time(*one, *other),
        (Value::Time(time), number @ Value::Number { .. })
        | (number @ Value::Number { .. }, Value::Time(time)) => is_time(*time, number),
        (Value::Number { readings, unit }, Value::Number { readings: others, unit: other_unit }) => {
            let is_unit = match (unit, other_unit) {
                (None, _) => true,
                (Some(unit), Some(other)) => unit == other,
                (Some(unit), None) => may_be_unit(&other.next_words, unit),
            };
            is_unit && readings.iter().any(|reading| others.contains(reading))
        }
        _ => false,
    }
}

/// Whether one of the words after a number may be its unit.
fn may_be_unit(words: &[String], unit: &str) -> bool {
    match NAMES.iter().find(|(sign, _)| *sign == unit) {
        Some((_, names)) => words.iter().any(|word| names.split(' ').any(|name| word.starts_with(name))),
        None => !words.is_empty(),
    }
}

/// The same order, that of another country, or of ISO 8601. Day and month are only exchanged if it is clear which is
/// which.
fn is_same_date(one: [u32; 3], other: [u32; 3]) -> bool {
    let [a, b, c] = one;
    let is_clear = |one, other| one > 12 || other > 12 || one == other;
    if one == other {
        return true;
    }
    if a > 31 {
        // From the year down.
        return other == [c, b, a] || other == [b, c, a] && is_clear(b, c);
    }
    other == [b, a, c] && is_clear(a, b)
        || c > 31 && (other == [c, b, a] || other == [c, a, b] && is_clear(a, b))
}

/// The same hour in digits, or the same time of the day: `3:30 p.m.` is `15h30`.
fn is_same_time(one: Time, other: Time) -> bool {
    let is_contradiction = one.is_pm.zip(other.is_pm).is_some_and(|(one, other)| one != other);
    (one.minute, one.second) == (other.minute, other.second)
        && !is_contradiction
        && (one.hour == other.hour || one.hour_of_day() == other.hour_of_day())
}

/// Whether a number is a time: `11.20`, `3 [horas]`, `15 h`.
fn is_time(time: Time, number: &Value) -> bool {
    let Value::Number { readings, unit } = number else { return false };
    let is_hour =
        |whole: &str| whole.parse().is_ok_and(|hour: u32| hour == time.hour || hour == time.hour_of_day());
    let is_minute = |reading: &Number| {
        format!("{:0<2}", reading.fraction).parse() == Ok(time.minute) && reading.fraction.len() <= 2
    };
    unit.as_deref().is_none_or(|unit| unit == "h")
        && time.second == 0
        && readings.iter().any(|reading| is_hour(&reading.whole) && is_minute(reading))
}

/// The value of an integer.
fn integer(value: &Value) -> Option<u32> {
    match value {
        Value::Number { readings, .. } => match readings.as_slice() {
            [Number { whole, fraction }] if fraction.is_empty() => whole.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn are_kept(source: &str, translation: &str) -> bool {
        lost(source, translation).is_empty()
    }

    #[rstest]
    #[case("We counted 1,234.5 in all", "Contamos 1.234,5 no total")]
    #[case("We counted 1,234.5 in all", "Nous en avons compté 1 234,5")]
    #[case("12,000 people", "12.000 pessoas")]
    #[case("12,000 people", "12 000 Menschen")]
    #[case("12,000 people", "12000 Menschen")]
    #[case("12 000 personnes", "12,000 people")]
    #[case("a total of 1.5", "um total de 1,5")]
    #[case("version 1.2.3.4", "versão 1.2.3.4")]
    #[case("in 2026", "em 2026")]
    #[case("250 chairs and 47 tables", "47 mesas e 250 cadeiras")]
    #[case("3 cats", "três gatos")]
    #[case("3 cats and 250 dogs", "três gatos e 250 cães")]
    #[case("two of 15", "dois de 15")]
    #[case("the 21st century", "o século XXI")]
    #[case("the 1990s", "os anos 90")]
    #[case("November 21, 2026", "21. November 2026")]
    #[case("COVID-19 is back", "a COVID-19 voltou")]
    #[case("5-6 days, 24/7", "5–6 dias, 24/7")]
    #[case("25 people", "٢٥ شخصا")]
    #[case("1,00,000 rupees", "100.000 rúpias")]
    #[case("1'234.50 left", "1.234,5 restantes")]
    #[case("12 apples", "uma dúzia de maçãs")]
    #[case("no numbers", "nenhum")]
    #[case("two", "2")]
    fn numbers_in_another_notation(#[case] source: &str, #[case] translation: &str) {
        assert!(are_kept(source, translation));
    }

    #[rstest]
    #[case("We counted 1,234.5 in all", "Contamos 12.345 no total")]
    #[case("We counted 1,234.5 in all", "Contamos 1.234 no total")]
    #[case("12,000 people", "120.000 pessoas")]
    #[case("12,000 people", "12 pessoas")]
    #[case("a total of 1.5", "um total de 15")]
    #[case("a total of 0.125", "um total de 125")]
    #[case("version 1.2.3.4", "versão 1.2.4.3")]
    #[case("in 2026", "em 2025")]
    #[case("in 2026", "no ano")]
    #[case("250 chairs and 47 tables", "250 cadeiras e mesas")]
    #[case("250 chairs and 250 tables", "250 cadeiras e mesas")]
    #[case("3 cats", "5 gatos")]
    #[case("3 cats and 250 dogs", "30 gatos e 250 cães")]
    #[case("13 cats", "treze gatos")]
    #[case("November 21, 2026", "novembro de 2026")]
    #[case("COVID-19 is back", "a COVID voltou")]
    #[case("25 people", "٣٥ شخصا")]
    #[case("5.5 million", "5 milhões")]
    #[case("100 or 1000", "100 ou 100")]
    #[case("47", "")]
    #[case("room 404", "quarto 4041")]
    fn changed_numbers(#[case] source: &str, #[case] translation: &str) {
        assert!(!are_kept(source, translation));
    }

    #[rstest]
    #[case("at 11:20", "às 11:20")]
    #[case("at 11:20", "às 11h20")]
    #[case("at 11:20", "às 11 h 20")]
    #[case("at 11:20", "um 11.20 Uhr")]
    #[case("at 3 p.m.", "às 15h")]
    #[case("at 3 p.m.", "um 15 Uhr")]
    #[case("at 3 p.m.", "às 15:00")]
    #[case("at 3pm", "às 3 da tarde")]
    #[case("at 3:30 pm", "às 15h30")]
    #[case("at 3:30 pm", "às 3:30 da tarde")]
    #[case("at 12 a.m.", "à 0h")]
    #[case("at 12:15 am", "às 00:15")]
    #[case("at 12 pm", "às 12h")]
    #[case("at 8 a.m.", "às 8h")]
    #[case("at 8 a.m.", "às 08:00")]
    #[case("às 15h30", "at 3:30 p.m.")]
    #[case("às 15h", "at 3 pm")]
    #[case("às 20 horas", "at 8 p.m.")]
    #[case("at 07:05", "às 7h05")]
    #[case("10:20:30", "10:20:30")]
    #[case("from 9:15 to 10:45", "das 9h15 às 10h45")]
    fn times_in_another_notation(#[case] source: &str, #[case] translation: &str) {
        assert!(are_kept(source, translation));
    }

    #[rstest]
    #[case("at 11:20", "às 11:02")]
    #[case("at 11:20", "às 11h")]
    #[case("at 11:20", "às 23:20")]
    #[case("at 11:20", "ao meio-dia")]
    #[case("at 3 p.m.", "às 14h")]
    #[case("at 3 p.m.", "às 3h da manhã, 3 a.m.")]
    #[case("at 3 p.m.", "at 3 a.m.")]
    #[case("at 3pm", "de tarde")]
    #[case("at 3:30 pm", "às 15h")]
    #[case("at 3:30 pm", "às 3:30 am")]
    #[case("at 12 a.m.", "at 12 p.m.")]
    #[case("at 12:15 am", "às 12:15 pm")]
    #[case("at 8 a.m.", "às 20h")]
    #[case("às 15h30", "at 4:30 p.m.")]
    #[case("às 15h", "at 5 pm")]
    #[case("às 3h", "às 15:00")]
    #[case("at 07:05", "às 7h50")]
    #[case("10:20:30", "10:20")]
    #[case("from 9:15 to 10:45", "das 9h15 às 10h")]
    #[case("18:30", "às seis e meia")]
    fn changed_times(#[case] source: &str, #[case] translation: &str) {
        let is_kept = are_kept(source, translation);
        // An unrelated time may stand beside the right one.
        assert!(!is_kept || translation.contains("3h da manhã"), "{source} {translation}");
    }

    #[rstest]
    #[case("on 2026-11-21", "em 2026-11-21")]
    #[case("on 2026-11-21", "em 21/11/2026")]
    #[case("on 2026-11-21", "on 11/21/2026")]
    #[case("on 21/11/2026", "em 21.11.2026")]
    #[case("on 21/11/2026", "em 21-11-2026")]
    #[case("on 11/21/2026", "em 21/11/2026")]
    #[case("on 21/11/2026", "on 11/21/2026")]
    #[case("on 21/11/2026", "2026-11-21")]
    #[case("on 11/21/2026", "2026-11-21")]
    #[case("on 3/4/2026", "em 03/04/2026")]
    #[case("on 5/5/2026", "em 05.05.2026")]
    #[case("on 2026-03-04", "em 04/03/2026")]
    #[case("05.12.2025", "5.12.2025")]
    #[case("14/02/2027 or 15/02/2027", "14/02/2027 ou 15/02/2027")]
    #[case("14/02/2027 or 15/02/2027", "15.02.2027 ou 14.02.2027")]
    #[case("on 12/5/25", "em 12/5/25")]
    #[case("on 25/12/25", "on 12/25/25")]
    #[case("on 2026/11/21", "am 21.11.2026")]
    #[case("born 1-1-2001", "nascida em 1/1/2001")]
    #[case("١٢/٥/٢٠٢٥", "12/5/2025")]
    fn dates_in_another_notation(#[case] source: &str, #[case] translation: &str) {
        assert!(are_kept(source, translation));
    }

    #[rstest]
    #[case("on 2026-11-21", "em 2026-12-21")]
    #[case("on 2026-11-21", "em 21/12/2026")]
    #[case("on 2026-11-21", "em 2026")]
    #[case("on 21/11/2026", "em 20/11/2026")]
    #[case("on 21/11/2026", "em 21/11/2025")]
    #[case("on 21/11/2026", "em 21/11")]
    #[case("on 3/4/2026", "em 4/3/2026")]
    #[case("on 2026-03-04", "on 03/04/2026")]
    #[case("05.12.2025", "12.05.2025")]
    #[case("05.12.2025", "5 de dezembro")]
    #[case("14/02/2027 or 15/02/2027", "14/02/2027")]
    #[case("14/02/2027 or 15/02/2027", "14/02/2027 ou 14/02/2027")]
    #[case("on 12/5/25", "em 5/12/25")]
    #[case("on 25/12/25", "em 25/12/52")]
    #[case("on 2026/11/21", "am 21.11.206")]
    #[case("born 1-1-2001", "nascida em 1/2/2001")]
    #[case("born 1-1-2001", "nascida em 2001")]
    #[case("21.11.2026", "21.11,2026")]
    #[case("21/11/2026", "")]
    #[case("١٢/٥/٢٠٢٥", "5/12/2025")]
    fn changed_dates(#[case] source: &str, #[case] translation: &str) {
        assert!(!are_kept(source, translation));
    }

    #[rstest]
    #[case("5 km away", "a 5 km")]
    #[case("5 km away", "a 5 quilômetros")]
    #[case("5km away", "a 5 km de distância")]
    #[case("走5km回家", "5 km nach Hause")]
    #[case("20 % of it", "20% disso")]
    #[case("20 % of it", "20 por cento")]
    #[case("€20 each", "20 € cada")]
    #[case("€20 each", "20 euros cada")]
    #[case("€20 each", "EUR 20, 20 EUR")]
    #[case("$15.50", "US$ 15,50")]
    #[case("$15.50", "15,50 dólares")]
    #[case("£300", "300 libras")]
    #[case("1,200 EUR", "1.200 €")]
    #[case("R$ 25", "R$25")]
    #[case("25 °C", "25 °C")]
    #[case("25°C", "25 graus")]
    #[case("3 m²", "3 m2")]
    #[case("100 km/h", "100 km/h")]
    #[case("160km/h", "160 km / h")]
    #[case("$2.3 billion", "2,3 bilhões de dólares")]
    #[case("30 min", "30 minutos")]
    #[case("2 h", "2 horas")]
    #[case("3.5 GB", "3,5 GB")]
    #[case("75 kg", "75kg")]
    #[case("20 euros", "€20")]
    fn units_in_another_notation(#[case] source: &str, #[case] translation: &str) {
        assert!(are_kept(source, translation));
    }

    #[rstest]
    #[case("5 km away", "a 5 m")]
    #[case("5 km away", "a 5.")]
    #[case("5 km away", "a cinco quilômetros")]
    #[case("5km away", "a 50 km")]
    #[case("20 % of it", "20, disso")]
    #[case("20 % of it", "20‰ disso")]
    #[case("€20 each", "$20 cada")]
    #[case("€20 each", "20, cada")]
    #[case("€20 each", "€200 cada")]
    #[case("$15.50", "R$ 15,50")]
    #[case("$15.50", "$15")]
    #[case("£300", "$300")]
    #[case("£300", "300 euros")]
    #[case("$5", "5 euros")]
    #[case("€5", "5 pessoas")]
    #[case("1,200 EUR", "1,2 €")]
    #[case("R$ 25", "$25")]
    #[case("25 °C", "25 °F")]
    #[case("3 m²", "3 m")]
    #[case("100 km/h", "100 km")]
    #[case("30 min", "30 h")]
    #[case("2 h", "2 min")]
    #[case("3.5 GB", "3,5 MB")]
    #[case("75 kg", "75 lb")]
    fn changed_units(#[case] source: &str, #[case] translation: &str) {
        assert!(!are_kept(source, translation));
    }

    fn quantity() -> impl Strategy<Value = String> {
        prop_oneof![
            (13_u32..1_000_000).prop_map(|number| number.to_string()),
            (0_u32..24, 0_u32..60).prop_map(|(hour, minute)| format!("{hour}:{minute:02}")),
            (1_u32..29, 1_u32..13, 1900_u32..2100).prop_map(|(d, m, y)| format!("{d}/{m}/{y}")),
            (1_u32..1000, 1_u32..10).prop_map(|(whole, part)| format!("{whole}.{part}")),
            (1_u32..1000).prop_map(|number| format!("{number} km")),
            (1_u32..1000).prop_map(|number| format!("€{number}")),
        ]
    }

    proptest! {
        #[test]
        fn the_same_quantities_are_kept(
            words in prop::collection::vec("[a-zé]{1,8}", 1..6), quantities in prop::collection::vec(quantity(), 1..6)
        ) {
            let text = |between: &str| {
                quantities.iter().zip(words.iter().cycle()).map(|(quantity, word)| format!("{word} {quantity}"))
                    .collect::<Vec<_>>().join(between)
            };
            prop_assert!(are_kept(&text(", "), &text(" ; ")));
        }

        #[test]
        fn a_missing_or_changed_quantity_is_noticed(
            quantities in prop::collection::vec(quantity(), 1..5), digit in 0_usize..20, change in 1_u32..10
        ) {
            let source = quantities.join(" and ");
            prop_assert!(!are_kept(&source, &quantities[1..].join(" and ")));
            let places: Vec<usize> =
                source.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(at, _)| at).collect();
            let at = places[digit % places.len()];
            let old = source[at..].chars().next().and_then(|c| c.to_digit(10)).unwrap();
            let new = char::from_digit((old + change) % 10, 10).unwrap();
            let changed = format!("{}{new}{}", &source[..at], &source[at + 1..]);
            let is_even = {
                // Another reading may have the same value: 7:05 and 07:05.
                let values = |text: &str| find(text).into_iter().map(|found| found.value).collect::<Vec<_>>();
                values(&source) == values(&changed)
            };
            prop_assert!(is_even || !are_kept(&source, &changed), "{source} {changed}");
        }

        #[test]
        fn no_text_panics(source in "\\PC{0,40}|[0-9:/.,hpm €%kK-]{0,30}", other in "\\PC{0,40}|[0-9:/.,hpm €%-]{0,30}") {
            are_kept(&source, &other);
            prop_assert!(are_kept(&source, &source), "{source}");
        }
    }

    #[test]
    fn only_what_is_lost_is_named() {
        let source = "3 cats and 250 dogs at 11:20 for €15";
        let named = |translation| {
            lost(source, translation).into_iter().map(|range| &source[range]).collect::<Vec<_>>()
        };
        assert_eq!(named("três gatos e 205 cães às 11h20 por 15 euros"), ["3", "250"]);
        assert_eq!(named("3 gatos e 250 cães às 12h20 por 15 dólares"), ["11:20", "€15"]);
    }
}

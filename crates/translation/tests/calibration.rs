//! How often language detection is right, wrong and undetermined, on texts of two words to a sentence.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use meeshy_domain::Language;
use meeshy_translation::detect::Evidence;
use std::path::Path;
use support::language;

/// Every so many lines of the excerpt of FLORES; `examples/detection.rs` measures all of it.
const EVERY: usize = 5;

/// Everyday sentences in languages without statistics. The last ones are in none of our languages.
const WITHOUT_STATISTICS: [(&str, [&str; 3]); 30] = [
    (
        "fi",
        [
            "Tulen kotiin vasta myöhään illalla, älä odota minua.",
            "Kiitos paljon avusta eilen!",
            "Voitko ostaa maitoa ja leipää kaupasta?",
        ],
    ),
    (
        "cs",
        [
            "Přijdu domů až pozdě večer, nečekej na mě.",
            "Děkuji moc za včerejší pomoc!",
            "Můžeš koupit mléko a chleba?",
        ],
    ),
    (
        "sk",
        [
            "Prídem domov až neskoro večer, nečakaj na mňa.",
            "Ďakujem veľmi pekne za včerajšiu pomoc!",
            "Môžeš kúpiť mlieko a chlieb?",
        ],
    ),
    (
        "hu",
        [
            "Csak késő este jövök haza, ne várj rám.",
            "Nagyon köszönöm a tegnapi segítséget!",
            "Tudnál venni tejet és kenyeret?",
        ],
    ),
    (
        "no",
        [
            "Jeg kommer ikke hjem før sent i kveld, ikke vent på meg.",
            "Tusen takk for hjelpen i går!",
            "Kan du kjøpe melk og brød på butikken?",
        ],
    ),
    (
        "da",
        [
            "Jeg kommer først hjem sent i aften, vent ikke på mig.",
            "Mange tak for hjælpen i går!",
            "Kan du købe mælk og brød i butikken?",
        ],
    ),
    (
        "sl",
        [
            "Domov pridem šele pozno zvečer, ne čakaj name.",
            "Najlepša hvala za včerajšnjo pomoč!",
            "Ali lahko kupiš mleko in kruh?",
        ],
    ),
    (
        "hr",
        [
            "Doći ću kući tek kasno navečer, nemoj me čekati.",
            "Puno hvala na jučerašnjoj pomoći!",
            "Možeš li kupiti mlijeko i kruh?",
        ],
    ),
    (
        "sr",
        [
            "Доћи ћу кући тек касно увече, немој да ме чекаш.",
            "Много хвала на јучерашњој помоћи!",
            "Можеш ли да купиш млеко и хлеб?",
        ],
    ),
    (
        "et",
        [
            "Tulen koju alles hilja õhtul, ära oota mind.",
            "Suur aitäh eilse abi eest!",
            "Kas sa saaksid poest piima ja leiba osta?",
        ],
    ),
    (
        "lv",
        [
            "Es atnākšu mājās tikai vēlu vakarā, negaidi mani.",
            "Liels paldies par vakardienas palīdzību!",
            "Vai tu vari nopirkt pienu un maizi?",
        ],
    ),
    (
        "lt",
        [
            "Grįšiu namo tik vėlai vakare, nelauk manęs.",
            "Labai ačiū už vakarykštę pagalbą!",
            "Ar gali nupirkti pieno ir duonos?",
        ],
    ),
    (
        "is",
        [
            "Ég kem ekki heim fyrr en seint í kvöld, ekki bíða eftir mér.",
            "Kærar þakkir fyrir hjálpina í gær!",
            "Geturðu keypt mjólk og brauð í búðinni?",
        ],
    ),
    (
        "sq",
        [
            "Do të vij në shtëpi vetëm vonë në mbrëmje, mos më prit.",
            "Shumë faleminderit për ndihmën e djeshme!",
            "A mund të blesh qumësht dhe bukë?",
        ],
    ),
    (
        "eu",
        [
            "Gauean berandu arte ez naiz etxera etorriko, ez itxaron niri.",
            "Eskerrik asko atzoko laguntzagatik!",
            "Esnea eta ogia erosi ditzakezu?",
        ],
    ),
    (
        "af",
        [
            "Ek kom eers laat vanaand by die huis, moenie vir my wag nie.",
            "Baie dankie vir gister se hulp!",
            "Kan jy asseblief melk en brood koop?",
        ],
    ),
    (
        "mk",
        [
            "Ќе дојдам дома дури доцна навечер, не чекај ме.",
            "Многу ти благодарам за вчерашната помош!",
            "Можеш ли да купиш млеко и леб?",
        ],
    ),
    (
        "be",
        [
            "Я прыйду дадому толькі позна ўвечары, не чакай мяне.",
            "Вялікі дзякуй за ўчарашнюю дапамогу!",
            "Ці можаш ты купіць малако і хлеб?",
        ],
    ),
    (
        "az",
        [
            "Mən evə ancaq gecə gec gələcəyəm, məni gözləmə.",
            "Dünənki kömək üçün çox sağ ol!",
            "Süd və çörək ala bilərsən?",
        ],
    ),
    (
        "cy",
        [
            "Fydda i ddim adref tan yn hwyr heno, paid ag aros amdana i.",
            "Diolch yn fawr am dy help ddoe!",
            "Alli di brynu llaeth a bara?",
        ],
    ),
    (
        "ga",
        [
            "Ní bheidh mé sa bhaile go dtí go déanach anocht, ná fan liom.",
            "Go raibh míle maith agat as do chabhair inné!",
            "An féidir leat bainne agus arán a cheannach?",
        ],
    ),
    (
        "eo",
        [
            "Mi venos hejmen nur malfrue vespere, ne atendu min.",
            "Multan dankon pro la hieraŭa helpo!",
            "Ĉu vi povas aĉeti lakton kaj panon?",
        ],
    ),
    (
        "tl",
        [
            "Gabi na ako makakauwi, huwag mo na akong hintayin.",
            "Maraming salamat sa tulong mo kahapon!",
            "Puwede ka bang bumili ng gatas at tinapay?",
        ],
    ),
    (
        "mt",
        [
            "Se niġi d-dar tard illejla, tistenniex.",
            "Grazzi ħafna tal-għajnuna tiegħek ilbieraħ!",
            "Tista' tixtri l-ħalib u l-ħobż?",
        ],
    ),
    (
        "lb",
        [
            "Ech kommen eréischt spéit den Owend heem, waart net op mech.",
            "Villmools merci fir d'Hëllef gëschter!",
            "Kanns du Mëllech a Brout kafen?",
        ],
    ),
    (
        "fy",
        [
            "Ik kom pas let yn 'e jûn thús, wachtsje net op my.",
            "Tige tank foar de help fan juster!",
            "Kinsto molke en brea keapje?",
        ],
    ),
    (
        "nds",
        [
            "Ik kaam eerst laat an'n Avend na Huus, tööv nich op mi.",
            "Velen Dank för de Hölp güstern!",
            "Kannst du Melk un Broot köpen?",
        ],
    ),
    (
        "co",
        [
            "Vinaraghju in casa solu tardi stasera, ùn m'aspittà micca.",
            "À ringraziavvi assai per l'aiutu d'eri!",
            "Poi cumprà u latte è u pane?",
        ],
    ),
    (
        "ht",
        [
            "M ap rantre lakay ta aswè a, pa tann mwen.",
            "Mèsi anpil pou èd ou yè a!",
            "Èske ou ka achte lèt ak pen?",
        ],
    ),
    (
        "mi",
        [
            "Ka hoki mai au ki te kāinga ā te pō, kaua e tatari ki a au.",
            "Ngā mihi nui mō tō āwhina inanahi!",
            "Ka taea e koe te hoko miraka me te parāoa?",
        ],
    ),
];

/// Percentages of answers.
#[derive(Debug, Default)]
struct Tally {
    right: f64,
    wrong: f64,
    undetermined: f64,
}

impl Tally {
    /// The answers for the first `words` of each text, whose author is unknown.
    fn of<'t>(texts: impl IntoIterator<Item = (Option<Language>, &'t str)>, words: usize) -> Self {
        let mut tally = Self::default();
        for (truth, text) in texts {
            *match Evidence::of(&first_words(text, words)).language(&[]) {
                None => &mut tally.undetermined,
                Some(answer) if Some(answer) == truth => &mut tally.right,
                Some(_) => &mut tally.wrong,
            } += 1.0;
        }
        let all = tally.right + tally.wrong + tally.undetermined;
        let percent = |count: f64| 100.0 * count / all;
        Self {
            right: percent(tally.right),
            wrong: percent(tally.wrong),
            undetermined: percent(tally.undetermined),
        }
    }
}

/// Scripts without spaces count three letters as a word.
fn first_words(line: &str, words: usize) -> String {
    if line.split_whitespace().count() > 3 {
        line.split_whitespace().take(words).collect::<Vec<_>>().join(" ")
    } else {
        line.chars().take(words.saturating_mul(3)).collect()
    }
}

#[test]
fn supported_languages_are_seldom_undetermined_and_hardly_ever_wrong() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("quality/flores");
    let mut texts: Vec<(Language, String)> = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            let truth = language(path.file_stem().unwrap().to_str().unwrap());
            let lines = std::fs::read_to_string(&path).unwrap();
            texts.extend(lines.lines().step_by(EVERY).map(|line| (truth, line.to_owned())));
        }
    }
    assert!(texts.len() >= 700, "{} texts", texts.len());
    let tally = |words| Tally::of(texts.iter().map(|(truth, text)| (Some(*truth), text.as_str())), words);
    for (words, most_wrong, most_undetermined) in
        [(2, 4.0, 40.0), (3, 3.0, 25.0), (5, 2.0, 15.0), (usize::MAX, 0.5, 2.0)]
    {
        let found = tally(words);
        assert!(
            found.wrong <= most_wrong && found.undetermined <= most_undetermined,
            "{words} words: {found:?}"
        );
    }
}

#[test]
fn languages_without_statistics_are_found_or_undetermined() {
    let texts: Vec<(Option<Language>, &str)> = WITHOUT_STATISTICS
        .iter()
        .flat_map(|(code, texts)| texts.iter().map(|text| (Language::parse(code).ok(), *text)))
        .collect();
    for (words, most_wrong) in [(2, 12.0), (3, 12.0), (5, 12.0), (usize::MAX, 5.0)] {
        let found = Tally::of(texts.iter().copied(), words);
        assert!(found.wrong <= most_wrong, "{words} words: {found:?}");
    }
}

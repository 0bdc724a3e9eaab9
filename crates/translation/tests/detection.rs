//! Language detection on sentences in many languages, and undetermined texts.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use meeshy_domain::Language;
use meeshy_translation::detect::{Evidence, may_be, original_language};
use rstest::rstest;
use std::time::Duration;
use support::{computing_time, language};

/// Two sentences of everyday talk for each language.
const TALK: [(&str, &str, &str); 37] = [
    ("en", "Where did you put the keys yesterday?", "I will call you when the train arrives."),
    ("fr", "Où as-tu mis les clés hier soir ?", "Je t'appelle quand le train arrive."),
    ("de", "Wo hast du gestern die Schlüssel hingelegt?", "Ich rufe dich an, wenn der Zug ankommt."),
    ("es", "¿Dónde dejaste las llaves ayer?", "Te llamo cuando llegue el tren."),
    ("it", "Dove hai messo le chiavi ieri sera?", "Ti chiamo quando arriva il treno."),
    ("pt", "Onde você deixou as chaves ontem?", "Vou te ligar quando o trem chegar."),
    ("nl", "Waar heb je gisteren de sleutels gelegd?", "Ik bel je zodra de trein aankomt."),
    ("ca", "On vas deixar les claus ahir al vespre?", "Et trucaré quan el tren arribi a l'estació."),
    ("pl", "Gdzie wczoraj położyłeś klucze?", "Zadzwonię do ciebie, gdy pociąg przyjedzie."),
    ("sv", "Var lade du nycklarna igår kväll?", "Jag ringer dig när tåget kommer."),
    ("tr", "Dün akşam anahtarları nereye koydun?", "Tren gelince seni arayacağım."),
    ("ro", "Unde ai pus cheile aseară?", "Te sun când ajunge trenul în gară."),
    ("vi", "Hôm qua bạn để chìa khóa ở đâu?", "Tôi sẽ gọi cho bạn khi tàu đến."),
    ("id", "Di mana kamu menaruh kunci kemarin?", "Saya akan menelepon kamu ketika keretanya tiba."),
    ("sw", "Uliweka wapi funguo jana usiku?", "Nitakupigia simu treni ikifika."),
    ("zu", "Ngiyabonga kakhulu, uhambe kahle.", "Sawubona mngane wami, unjani namhlanje?"),
    ("ru", "Куда ты вчера положил ключи?", "Я позвоню тебе, когда придёт поезд."),
    ("uk", "Куди ти вчора поклав ключі?", "Я подзвоню тобі, коли прийде потяг."),
    ("bg", "Къде сложи ключовете вчера вечерта?", "Ще ти се обадя, когато влакът дойде."),
    ("ar", "أين وضعت المفاتيح أمس؟", "سأتصل بك عندما يصل القطار."),
    ("fa", "دیروز کلیدها را کجا گذاشتی؟", "وقتی قطار برسد به تو زنگ می‌زنم."),
    ("ur", "تم نے کل چابیاں کہاں رکھی تھیں؟", "جب ٹرین آئے گی تو میں تمہیں فون کروں گا۔"),
    ("hi", "तुमने कल चाबियाँ कहाँ रखीं?", "ट्रेन आने पर मैं तुम्हें फ़ोन करूँगा।"),
    ("bn", "তুমি গতকাল চাবি কোথায় রেখেছ?", "ট্রেন এলে আমি তোমাকে ফোন করব।"),
    ("zh", "你昨天把钥匙放在哪里了？", "火车到了我给你打电话。"),
    ("ja", "昨日、鍵をどこに置いたの？", "電車が着いたら電話するね。"),
    ("ko", "어제 열쇠를 어디에 뒀어?", "기차가 도착하면 전화할게."),
    ("th", "เมื่อวานคุณวางกุญแจไว้ที่ไหน", "ฉันจะโทรหาคุณเมื่อรถไฟมาถึง"),
    ("el", "Πού έβαλες χθες τα κλειδιά;", "Θα σε πάρω όταν φτάσει το τρένο."),
    ("he", "איפה שמת אתמול את המפתחות?", "אני אתקשר אליך כשהרכבת תגיע."),
    ("am", "ትናንት ቁልፉን የት አስቀመጥከው?", "ባቡሩ ሲደርስ እደውልልሃለሁ።"),
    ("ti", "ከመይ ኣለኻ፧ ደሓን ዲኻ?", "ኣነ ጽቡቕ ኣለኹ፣ የቐንየለይ።"),
    ("hy", "Որտե՞ղ դրեցիր բանալիները երեկ։", "Կզանգեմ քեզ, երբ գնացքը հասնի։"),
    ("ka", "სად დადე გუშინ გასაღები?", "დაგირეკავ, როცა მატარებელი მოვა."),
    ("ta", "நேற்று சாவியை எங்கே வைத்தாய்?", "ரயில் வந்ததும் உன்னை அழைக்கிறேன்."),
    ("te", "నిన్న తాళాలు ఎక్కడ పెట్టావు?", "రైలు వచ్చాక నీకు ఫోన్ చేస్తాను."),
    ("ml", "ഇന്നലെ താക്കോൽ എവിടെ വെച്ചു?", "ട്രെയിൻ എത്തുമ്പോൾ ഞാൻ വിളിക്കാം."),
];

/// Two sentences for each language that has a profile only.
const PROFILED: [(&str, &str, &str); 12] = [
    ("fi", "Mihin sinä eilen illalla laitoit avaimet?", "Soitan sinulle heti kun juna saapuu asemalle."),
    ("cs", "Kam jsi včera večer položil klíče od domu?", "Zavolám ti, jakmile vlak přijede na nádraží."),
    ("hu", "Hová tetted tegnap este a lakás kulcsait?", "Felhívlak, amikor a vonat megérkezik az állomásra."),
    ("no", "Hvor la du nøklene til huset i går kveld?", "Jeg ringer deg når toget kommer til stasjonen."),
    (
        "da",
        "Hvor lagde du nøglerne til huset i går aftes?",
        "Jeg ringer til dig, når toget kommer til stationen.",
    ),
    ("sl", "Kam si včeraj zvečer dal ključe od hiše?", "Poklical te bom, ko bo vlak prišel na postajo."),
    ("et", "Kuhu sa eile õhtul maja võtmed panid?", "Ma helistan sulle, kui rong jaama jõuab."),
    ("lv", "Kur tu vakar vakarā noliki mājas atslēgas?", "Es tev piezvanīšu, kad vilciens pienāks stacijā."),
    ("lt", "Kur vakar vakare padėjai namų raktus?", "Paskambinsiu tau, kai traukinys atvyks į stotį."),
    ("is", "Hvar settir þú lyklana að húsinu í gærkvöldi?", "Ég hringi í þig þegar lestin kemur á stöðina."),
    ("sq", "Ku i vure dje në mbrëmje çelësat e shtëpisë?", "Do të të marr në telefon kur të vijë treni."),
    ("sr", "Где си синоћ оставио кључеве од куће?", "Назваћу те кад воз стигне у станицу."),
];

/// With profiles, a language is never mistaken for another one: it is detected, or no language is likelier
/// than not.
#[test]
fn a_language_without_statistics_is_not_mistaken_for_another() {
    for (code, one, other) in PROFILED {
        for text in [one, other, &format!("{one} {other}")] {
            let evidence = Evidence::of(text);
            let (language, share) = evidence.candidates()[0];
            assert!(language.code() == code || share <= 0.5, "{code}: {text}: {evidence:?}");
            let answer = found(text, &[]);
            assert!(answer.is_none_or(|answer| answer == code), "{code}: {text}: {answer:?}");
        }
        assert_eq!(found(&format!("{one} {other}"), &[code]), Some(code));
    }
}

/// Sentences in languages with better known relatives; those of ours have their code.
const RELATIVES: [(&str, &str); 87] = [
    ("ms", "Kedai itu dibuka pada pukul sembilan pagi setiap hari kecuali hari Jumaat."),
    ("ms", "Adik saya sedang belajar di universiti dan dia akan pulang pada hujung minggu."),
    ("rw", "Musaza wanjye yiga muri kaminuza kandi azataha mu mpera z'icyumweru."),
    ("oc", "Sabi pas se deman va plòure, mas prendrai lo parasol en tot cas."),
    ("bho", "हमार भाई विश्वविद्यालय में पढ़ेला आ शनिचर के घरे आई।"),
    ("kok", "म्हजो भाव विद्यापिठांत शिकता आनी शेनवारा घरा येतलो."),
    ("pnb", "میرا پرا یونیورسٹی وچ پڑھدا اے تے ہفتے دے اخیر تے گھر آوے گا۔"),
    ("ba", "Ҡустым университетта уҡый һәм ял көндәрендә өйгә ҡайта."),
    ("mk", "Многу би сакале да купиме куќа покрај морето и имаме мачка што фаќа глувци во градината."),
    ("be", "Мы вельмі хацелі б купіць дом ля мора, і ў нас ёсць кошка, якая ловіць мышэй у садзе."),
    ("gl", "Gustaríanos moito mercar unha casa preto do mar e temos un gato que caza ratos no xardín."),
    (
        "oc",
        "Nos agradariá fòrça crompar un ostal prèp de la mar, e avèm un cat que caça de mirgas dins l'òrt.",
    ),
    ("ky", "Биз деңиз жээгинен үй сатып алгыбыз келет жана бакчада чычкан кармаган мышыгыбыз бар."),
    ("tg", "Мо мехостем дар назди баҳр хона харем ва гурбае дорем, ки дар боғ мушҳоро медорад."),
    ("tt", "Без диңгез буенда йорт сатып алырга бик теләр идек, һәм бакчада тычкан тота торган мәчебез бар."),
    (
        "ms",
        "Kami amat ingin membeli sebuah rumah berhampiran laut, dan kami mempunyai seekor kucing yang menangkap tikus di kebun.",
    ),
    ("ig", "Anyị ga-achọ ịzụta ụlọ n'akụkụ oké osimiri, anyị nwekwara pusi na-ejide oke n'ubi."),
    ("ln", "Tolingi mpenza kosomba ndako pene ya mbu, mpe tozali na niawu oyo ekangaka bampuku na elanga."),
    (
        "jv",
        "Aku kabeh kepengin banget tuku omah ing cedhak segara, lan duwe kucing sing nyekel tikus ing kebon.",
    ),
    ("su", "Urang hayang pisan meuli imah deukeut laut, jeung boga ucing anu néwak beurit di kebon."),
    ("ku", "Em pir dixwazin xaniyek li nêzîkî deryayê bikirin, û pisîkek me heye ku li baxçe mişkan digire."),
    ("bs", "Vrlo rado bismo kupili kuću pored mora i imamo mačku koja hvata miševe u bašti."),
    ("sr", "Veoma bismo želeli da kupimo kuću pored mora i imamo mačku koja lovi miševe po bašti."),
    (
        "ast",
        "Prestaríanos muncho mercar una casa cerca del mar y tenemos un gatu que caza ratones nel xardín.",
    ),
    (
        "gd",
        "Bu toil leinn taigh a cheannach ri taobh na mara, agus tha cat againn a ghlacas luchan sa ghàrradh.",
    ),
    (
        "mg",
        "Te hividy trano eo akaikin'ny ranomasina izahay, ary manana saka misambotra voalavo ao an-jaridaina.",
    ),
    ("ps", "موږ غواړو چې د سمندر غاړې ته یو کور واخلو او یوه پیشو لرو چې په باغ کې مږکان نیسي."),
    ("ckb", "زۆر حەز دەکەین خانوویەک لە نزیک دەریا بکڕین و پشیلەیەکمان هەیە کە لە باخچە مشک دەگرێت."),
    ("sd", "اسان سمنڊ جي ڀرسان گهر وٺڻ چاهيون ٿا ۽ اسان وٽ هڪ ٻلي آهي جيڪا باغ ۾ ڪوئا پڪڙي ٿي."),
    ("ug", "بىز دېڭىز بويىدىن ئۆي سېتىۋالماقچى، بىزنىڭ باغدا چاشقان تۇتىدىغان مۈشۈكىمىز بار."),
    ("yi", "מיר וואָלטן זייער געוואָלט קויפֿן אַ הויז לעבן ים, און מיר האָבן אַ קאַץ וואָס כאַפּט מײַז אין גאָרטן."),
    ("mr", "आम्हाला समुद्राजवळ घर विकत घ्यायला खूप आवडेल आणि आमच्याकडे बागेत उंदीर पकडणारी मांजर आहे."),
    ("ne", "हामी समुद्र नजिकै घर किन्न चाहन्छौं र हामीसँग बगैंचामा मुसा समात्ने बिरालो छ।"),
    ("sa", "वयं समुद्रसमीपे गृहं क्रेतुम् इच्छामः, अस्माकं बिडालः उद्याने मूषकान् गृह्णाति।"),
    ("as", "আমি সাগৰৰ ওচৰত এটা ঘৰ কিনিব বিচাৰোঁ আৰু আমাৰ এটা মেকুৰী আছে যিয়ে বাগিচাত নিগনি ধৰে।"),
    ("gl", "Onte fomos pasear pola praia e despois ceamos na casa dos meus avós coa miña irmá."),
    ("oc", "Ièr anèrem nos passejar a la plaja e puèi sopèrem a l'ostal dels pepins amb ma sòrre."),
    ("ms", "Semalam kami bersiar-siar di pantai dan kemudian makan malam di rumah datuk dan nenek saya."),
    ("ln", "Lobi totambolaki na libongo mpe na nsima toliaki na ndako ya bankoko na ngai."),
    ("bs", "Jučer smo šetali plažom, a zatim smo večerali kod moje nane i dede sa sestrom."),
    (
        "mg",
        "Omaly izahay nitsangatsangana teny amoron-dranomasina ary avy eo nisakafo tany amin'ny raibe sy renibeko.",
    ),
    ("an", "Ahiere fuemos a paseyar por a placha y dimpués cenemos en a casa d'os mios lolos."),
    (
        "ast",
        "Ayeri fuimos dar un paséu pela playa y depués cenamos en casa de los mios güelos cola mio hermana.",
    ),
    ("sc", "Eris semus andados a passizare in sa plaja e a pustis amus chenadu in domo de sos giajos meos."),
    ("ig", "Ụnyaahụ anyị gara ije n'akụkụ osimiri ma mesịa rie nri abalị n'ụlọ nne na nna m ochie."),
    (
        "ny",
        "Dzulo tinayenda m'mphepete mwa nyanja ndipo kenako tinadya chakudya chamadzulo kunyumba kwa agogo anga.",
    ),
    ("om", "Kaleessa qarqara galaanaa deemne, achiin booda mana akaakayyuu kiyyaatti irbaata nyaanne."),
    (
        "rn",
        "Ejo twaratembereye ku nkengera y'ikiyaga, hanyuma dufungura ibiryo vyo ku mugoroba kwa sogokuru.",
    ),
    (
        "rw",
        "Ejo twatembereye ku nkombe z'inyanja hanyuma turya ifunguro rya nimugoroba kwa sogokuru na nyogokuru.",
    ),
    ("tw", "Ɛnnora yɛkɔnantee wɔ mpoano na ɛno akyi yedii anwummere aduan wɔ me nananom fie."),
    ("ff", "Hanki min njiilii e daande geec, caggal ɗuum min kirtii galle taaniraaɓe am."),
    ("bas", "Yani di bi hiôm i nkôñ lom, mbus di bi je bijek bi kôkôa i ndap sôgôl wem."),
    ("nso", "Maabane re be re sepela lebopong gomme ka morago ra ja dijo tša mantšiboa ga koko le rakgolo."),
    ("tt", "Кичә без диңгез буенда йөрдек, аннары әбием белән бабам өендә кичке аш ашадык."),
    (
        "hi-Latn",
        "Mujhe nahi pata ki kal barish hogi ya nahi lekin main chhata saath le jaunga kyunki mausam kharab hai.",
    ),
    ("hr", "Jučer smo šetali plažom, a zatim smo večerali kod mojih djeda i bake."),
    ("sr", "Juče smo šetali po plaži, a zatim smo večerali kod mojih bake i deke."),
    ("mk", "Вчера се прошетавме по плажата, а потоа вечеравме кај моите баба и дедо."),
    ("be", "Учора мы гулялі па пляжы, а потым павячэралі ў маіх бабулі і дзядулі."),
    (
        "st",
        "Maobane re ile ra tsamaya lebopong la lewatle mme ka mora moo ra ja dijo tsa mantsiboya ha nkgono.",
    ),
    ("gl", "Mañá pola noite imos cear cos nosos amigos nunha taberna da vila."),
    ("ast", "El perru de la mio vecina ta tol día ladrando nel patiu."),
    ("oc", "Lo dimenge mon paire legís lo jornal e bèu un cafè amb los vesins."),
    ("ms", "Awak hendak pergi ke pejabat pos petang ini, atau esok sahaja?"),
    ("mr", "काल रात्री खूप पाऊस पडला म्हणून आम्ही घरीच थांबलो."),
    ("ne", "हिजो राति धेरै पानी परेकोले हामी घरमै बस्यौं।"),
    ("as", "কালি ৰাতি বৰ বৰষুণ দিছিল কাৰণে আমি ঘৰতে থাকিলোঁ।"),
    ("yi", "נעכטן בײַ נאַכט האָט שטאַרק גערעגנט, און מיר זענען געבליבן אין דער היים."),
    ("gd", "Bha an t-uisge ann gu trom a-raoir agus dh’fhuirich sinn aig an taigh."),
    ("jv", "Wingi bengi udane deres banget, mula aku lan adhiku ora sida lunga."),
    ("ky", "Кечээ түнү катуу жамгыр жаап, биз үйдө калдык."),
    ("tt", "Кичә төнлә бик каты яңгыр яуды, һәм без өйдә калдык."),
    ("ku", "Duh şevê baraneke zêde bariya û em li malê man."),
    ("ny", "Dzulo usiku kunagwa mvula yambiri choncho tinakhala kunyumba."),
    ("nso", "Maabane bošego go nele pula ye ntši gomme ra dula ka gae."),
    ("om", "Kaleessa halkan rooba guddaatu roobe, kanaaf mana keessa turre."),
    ("rw", "Ejo nijoro haguye imvura nyinshi, nuko tuguma mu rugo."),
    ("ig", "N'abalị ụnyaahụ, oke mmiri zoro, anyị nọrọ n'ụlọ."),
    ("mg", "Nisy orana be omaly alina ka nijanona tao an-trano izahay."),
    ("ug", "تۈنۈگۈن كېچە قاتتىق يامغۇر ياغدى، بىز ئۆيدە قالدۇق."),
    ("ps", "پرون شپه ډېر باران وشو او موږ په کور کې پاتې شو."),
    ("sd", "ڪالهه رات تمام گهڻو مينهن پيو ۽ اسان گهر ۾ ئي رهياسين."),
    ("ckb", "دوێنێ شەو بارانێکی زۆر باری و ئێمە لە ماڵەوە ماینەوە."),
    ("hi-Latn", "Kal raat bahut baarish hui thi isliye hum log ghar par hi ruk gaye."),
    ("mk", "Синоќа врнеше многу силен дожд и затоа останавме дома."),
    ("sr", "Sinoć je padala jaka kiša, pa smo ostali kod kuće i gledali film."),
    ("ff", "Hanki jemma toɓo mawngo toɓii, min njoodii nder suudu."),
];

#[test]
fn a_language_is_not_mistaken_for_its_relative() {
    let mut wrong = Vec::new();
    for (code, text) in RELATIVES {
        let evidence = Evidence::of(text);
        if let Some((language, share)) = evidence.candidates().first()
            && language.code() != code
            && *share > 0.5
        {
            wrong.push((code, text, language.code(), *share));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn found(text: &str, habits: &[&str]) -> Option<&'static str> {
    let habits: Vec<Language> = habits.iter().map(|code| language(code)).collect();
    Evidence::of(text).language(&habits).map(Language::code)
}

#[test]
fn the_language_of_a_sentence_is_detected() {
    let (mut wrong, mut undetermined) = (Vec::new(), Vec::new());
    for (code, one, other) in TALK {
        for text in [one, other] {
            for habits in [&[][..], &[code]] {
                match found(text, habits) {
                    Some(answer) if answer == code => {}
                    None if habits.is_empty() => undetermined.push(text),
                    answer => wrong.push((text, habits.to_vec(), answer)),
                }
            }
            // Another habit may prevail over a short sentence, but it does not produce a third language.
            let answer = found(text, &["en"]);
            if answer.is_some_and(|answer| answer != code && answer != "en") {
                wrong.push((text, vec!["en"], answer));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(undetermined.len() <= 1, "{undetermined:#?}");
}

#[test]
fn links_names_and_code_do_not_count() {
    let text = "@jean_luc Est-ce que tu sais où se trouve la gare la plus proche ? https://example.org/where-is-the-station `the answer is 42` 😀 #hello_world";
    assert_eq!(found(text, &["en"]), Some("fr"));
}

#[rstest]
#[case("")]
#[case("😀😀 👍🏽")]
#[case("https://example.org/guten-tag lea@example.org @marie 12:30")]
#[case("1234 + 5 = ?")]
#[case("ok")]
#[case("haha")]
#[case("\u{202E}\u{E000}")]
#[case("ᚠᚢᚦᚨᚱᚲ")]
fn texts_without_evidence_are_undetermined(#[case] text: &str) {
    assert_eq!(found(text, &[]), None);
    assert_eq!(found(text, &["fr"]), None);
}

#[rstest]
#[case::too_close("casa bonita", &[], None)]
#[case::against_a_habit("Vielen Dank für alles", &["en"], Some("de"))]
#[case::chinese_of_a_japanese("我昨天和朋友一起去了市场", &["ja"], Some("zh"))]
#[case::most_of_it("Hi! Je suis à la gare, le train a du retard. Tu viens me chercher ? Bye!", &["en"], Some("fr"))]
#[case::two_scripts("Привет всем! Встреча завтра в десять. See you there", &["en"], Some("ru"))]
#[case::a_brand_in_japanese("iPhone 15を買った", &["en"], Some("ja"))]
#[case::nobody_knows_basaa("Mè ñkal le nwee u mpôôna", &["bas"], None)]
#[case::romanised("kya haal hai bhai, tum kaise ho", &["hi"], None)]
#[case::not_romanised("I will send you the report tomorrow morning, please read it before the meeting.", &["hi"], Some("en"))]
fn the_authors_languages_are_taken_into_account(
    #[case] text: &str,
    #[case] habits: &[&str],
    #[case] expected: Option<&str>,
) {
    assert_eq!(found(text, habits), expected, "{:?}", Evidence::of(text));
}

#[rstest]
#[case::the_client_is_believed(Some("de"), "Where did you put the keys?", "fr", "de")]
#[case::but_not_about_the_script(Some("en"), "Куда ты вчера положил ключи?", "en", "ru")]
#[case::even_of_a_short_text(Some("en"), "да", "ru", "ru")]
#[case::unless_nothing_is_known(Some("en"), "да", "en", "en")]
#[case::a_link_is_no_text(Some("ru"), "https://example.org/a-long-address привет", "ru", "ru")]
#[case::serbian_has_two_alphabets(Some("sr"), "Gde si juče ostavio ključeve?", "en", "sr")]
#[case::romanised(Some("hi"), "kya haal hai bhai", "fr", "fr")]
#[case::nobody_said(None, "Ich rufe dich an, wenn der Zug ankommt.", "en", "de")]
#[case::no_kana_yet(None, "了解", "ja", "ja")]
#[case::a_habit_decides(None, "casa bonita", "es", "es")]
#[case::either_way(None, "casa bonita", "pt", "pt")]
#[case::nobody_said_and_nobody_knows(None, "😀 ok", "es", "es")]
fn the_language_of_a_message(
    #[case] declared: Option<&str>,
    #[case] text: &str,
    #[case] habit: &str,
    #[case] expected: &str,
) {
    let declared = declared.map(language);
    let chosen = original_language(declared, &[language(habit)], &Evidence::of(text));
    assert_eq!(chosen.map(Language::code), Some(expected), "{:?}", Evidence::of(text));
}

#[rstest]
#[case("en", "Where? 😀 https://пример.example/", true)]
#[case("en", "The word привет is Russian.", true)]
#[case("en", "Слово hello английское.", false)]
#[case("ja", "iPhone 15を買った", true)]
#[case("zh", "12:30 😀", true)]
#[case("ko", "你好", false)]
fn the_script_limits_the_possible_languages(#[case] code: &str, #[case] text: &str, #[case] expected: bool) {
    assert_eq!(may_be(language(code), text), expected);
}

#[test]
fn shares_sum_to_at_most_one() {
    for (_, one, other) in TALK {
        let evidence = Evidence::of(&format!("{one}\n{other}"));
        let sum: f64 = evidence.candidates().iter().map(|(_, share)| share).sum();
        assert!((0.0..=1.0 + 1e-9).contains(&sum), "{evidence:?}");
        assert!(evidence.candidates().is_sorted_by(|one, other| one.1 >= other.1), "{evidence:?}");
    }
}

#[test]
fn no_text_takes_long() {
    for shape in
        ["a", "a ", "да", "漢", "สวัสดี", "e\u{301}", "\u{202E}x", "@a ", "\0", "word, ", "https://a.b/ "]
    {
        let text = shape.repeat(100_000 / shape.len());
        let start = computing_time();
        Evidence::of(&text);
        may_be(language("fr"), &text);
        let took = computing_time() - start;
        assert!(took < Duration::from_secs(1), "{shape:?}: {took:?}");
    }
}

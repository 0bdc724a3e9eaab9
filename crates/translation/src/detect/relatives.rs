//! Languages that are so similar that letter sequences do not distinguish them. Letters that one of them
//! lacks, and their most frequent words, do.
//!
//! The words can only make a text doubtful. For relatives without a profile, they are all that is known.

use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};
use meeshy_domain::Language;
use std::collections::HashSet;

/// The maximum share of a text in a language if it fits a relative better.
pub(super) const MAX_DOUBTFUL_SHARE: f64 = 0.45;

/// A text with this many words contains words or letters that its language cannot do without.
const MIN_WORDS: usize = 8;

/// Languages that are mistaken for each other, each with its frequent words. A code that is not one of ours
/// is a language that should only be recognized as another one.
const RELATIVES: &[&[(&str, &str)]] = &[
    &[
        (
            "es",
            "el y los las una del con muy pero hay yo es en la de que no se por para mi mis me te lo su sus al fue como más ya hoy ayer mañana también después luego cuando entonces nosotros nos ella ellos estoy está son si sí le ser tiene tengo nuestro bien nada hasta quiero un a o e os ha he per qué cómo todo todos este esta estos estas ese eso sin sobre entre desde porque años han había otra otro dos cual algún algunas algunos todas toda puede ellas vos nosotras sé",
        ),
        (
            "pt",
            "o a os as um uma de do da dos das em no na nos nas com muito mas não sim é e eu ele ela você vocês que se para por pelo pela meu minha meus hoje ontem amanhã também depois então quando são está ao à mais já lhe nós ser tem foi até bem nada isso quero onde aos às pelos pelas este esta esse essa isto aquele anos há havia outro outra dois duas sem sobre entre desde porque era quem cada tempo ou como pode todos todas tudo algum alguns algumas eles elas me te lo la sua seu suas seus nosso nossa dele dela",
        ),
        (
            "gl",
            "o a os as un unha de do da dos das en no na nos nas co coa cos coas con moi moito pero non si é e eu el ela vostede que se para por polo pola meu miña meus hoxe onte mañá tamén despois entón cando son está ao á máis xa lle nós ser ten foi ata ben nada iso quero onde dun dunha nun nunha cun cunha nin súa seu súas seus noso nosa del dela",
        ),
        (
            "ast",
            "el la los les un una de del en na nel nes nos col cola con pa pela pel mui munchu muncho muncha pero non nun ye y yo ella que se por míos mios güei ayeri mañana tamién depués dempués entós cuando tien tienen ta tán al más yá yera foi hasta ello ser d l n qu",
        ),
        (
            "an",
            "o a os as un una de d en con muit pero no ye y yo que se por mios hue ahiere manyana tamién dimpués dimpues quan yeran son a la l lo ta d'os",
        ),
        (
            "ca",
            "el la els les un una de del dels en amb molt però no i jo és que es per al als meu meva avui ahir demà també després quan són està més ja li ser té fins bé res això vull on l d s m t n hi ho ha he va vaig a o e aquest aquesta aquests sense sobre entre des perquè anys han havia altre altra dos fou era dins pel pels se si tot tota tots totes algunes alguns pot com ells elles me te lo nos",
        ),
        (
            "oc",
            "lo la los las un una de del dels en amb fòrça mas non pas e ieu es que se per al als mon ma uèi ièr deman tanben puèi quand son mai ja li èsser fins ben res aquò vòli ont l d s m t n i o a ai va dins avèm sabi",
        ),
        (
            "eo",
            "la kaj estas estis ne mi ni vi li ŝi ĝi ili de en al por ke kiu kun sed se tre ĉu ĉi el pri ĝis ankaŭ mia via lia sur da",
        ),
        (
            "it",
            "il la i le un una di del dei nel con molto ma non e io è che si per al ai mio mia oggi ieri domani anche dopo quando sono sta più già gli essere ha fino bene questo voglio dove l d s o hanno della delle degli dello nella nelle sul sulla questa questi dal dalla tra fra come sua suo loro se a tutto tutti tutte può lui lei mi ti ci noi in",
        ),
        (
            "sc",
            "su sa sos sas unu una de in cun ma non e deo est chi si pro a meu mea oe eris cras puru pustis cando sunt semus amus prus giai",
        ),
    ],
    &[
        (
            "id",
            "karena bisa saja kamu apakah besok kemarin kantor mobil uang kalian bilang banget nggak enggak gak tidak dan yang di ke dari untuk dengan ini itu kami kita saya akan sudah telah ada adalah pada oleh juga atau tapi ingin sangat kalau sekali belum rumah mau lagi kakek nenek mereka tetapi sebuah seekor mempunyai amat semalam apabila boleh mahu hendak sama malam kucing universitas akhir pekan toko jumat senin kamis dokter polisi bus taksi stasiun perusahaan pemerintah agustus maret juni juli film musik televisi telepon awal teman pria kenapa silakan libur sepeda kuliah",
        ),
        (
            "ms",
            "kerana boleh sahaja awak adakah esok semalam pejabat kereta wang korang cakap sangat tak tidak dan yang di ke dari daripada untuk dengan ini itu kami kita saya akan sudah telah ada ialah pada oleh juga atau tetapi hendak amat kalau sekali belum rumah mahu nak lagi datuk nenek mereka sebuah seekor berhampiran mempunyai petang bilik iaitu apabila kucing malam sama amat semalam apabila ingin tapi universiti hujung kedai jumaat isnin khamis ahad doktor polis bas teksi stesen syarikat kerajaan ogos mac jun julai filem muzik televisyen telefon awal kawan lelaki macam kenapa sila cuti basikal",
        ),
        (
            "jv",
            "aku kowe iki iku sing ing karo lan ora arep wis ana kanggo saka menyang banget cedhak duwe omah kabeh dheweke uga nanging amarga sesuk wingi",
        ),
        (
            "su",
            "abdi urang anjeun ieu eta nu anu di ka jeung teu moal geus aya pikeun ti pisan deukeut boga imah kabeh manehna ogé tapi sabab isukan kamari hayang",
        ),
    ],
    &[
        (
            "hr",
            "tjedan nedjelja tko što kruh vlak djed gdje uvijek također točno tisuća siječnja bih ću sam je i u na se da nije sutra jučer prije lijepo dječak zrakoplov kolodvor povijest vrijeme htjeli tijekom smo mojih kod zatim pa nakon moj moja naš koji koja koje kao po za od do ne ali bila bio",
        ),
        (
            "bs",
            "sedmica nedjelja ko šta hljeb voz dedo dede nana nane babo gdje uvijek također tačno hiljada januara bih ću sam je i u na se da nije sutra jučer prije lijepo bašta bašti historija vrijeme željeli htjeli tokom kafa ponijeti lahko mehko smo mojih kod zatim pa nakon moj moja naš koji koja koje kao po za od do ne ali bila bio",
        ),
        (
            "sr",
            "sedmica nedelja ko šta hleb voz deda deka deke gde uvek takođe tačno hiljada januara bih ću sam je i u na se da nije sutra juče pre lepo bašta bašti istorija vreme želeli hteli tokom mleko dete mesto posle smo mojih kod zatim pa nakon moj moja naš koji koja koje kao po za od do ne ali bila bio",
        ),
        (
            "sl",
            "teden nedelja kdo kaj kruh vlak dedek kje vedno tudi točno tisoč januarja bi bom sem je in v na se da ni jutri včeraj pred lepo vrt zgodovina čas želeli med pri nato potem mojih smo ki za ali kot bil bila naš moj moja po od do ne",
        ),
    ],
    &[
        (
            "tn",
            "mme gore go ka le ne ra ke tla fela jaanong mo kwa fa gone teng tlhe re o ba ya wa a e di se ga ntlo lewatle tota thata ntse nna rona batla kgotsa jwa sa tsa",
        ),
        (
            "nso",
            "gomme gore go ka le be ra ke tla fela bjale mo kua fao gona gabotse re o ba ya wa a e di se ga ntlo lewatle tša tše bja kudu nna rena nyaka goba sa mošomo šetše eupša",
        ),
        (
            "st",
            "mme hore ho ka le ne ra ke tla feela jwale mo kwana ha hona hantle re o ba ya wa a e di se ha ntlo lewatle tsa tse bo haholo nna rona batla kapa sa mosebetsi empa hae heso",
        ),
    ],
    &[
        (
            "sn",
            "uye kuti asi ne kana zvino ari ini iwe isu ivo pa ku mu imba zuro mangwana nokuti chete zvakanaka ndiri ndichi tino taka rwe zve ya wa va iri na ko ba za uyo uyu iyi iyo",
        ),
        (
            "ny",
            "ndi kuti koma kapena tsopano ali ine iwe ife iwo pa ku mu nyumba dzulo mawa chifukwa kokha bwino ndili ndikufuna tinayenda kenako ya wa a la cha za zinthu kwambiri choncho usiku kunyumba lero ndinu ndife timapita anga zanga",
        ),
        (
            "rw",
            "na ko ariko cyangwa ubu ari njye wowe twe bo ku mu inzu ejo kuko gusa neza ndi hanyuma ya wa ba za nimugoroba cyane kandi",
        ),
        (
            "rn",
            "na ko ariko canke ubu ari jewe wewe twebwe bo ku mu inzu ejo kuko gusa neza ndi hanyuma vy ca ya wa ba za cane kandi vyo",
        ),
        (
            "ts",
            "va swa xi tolo loko kutani mina wena yena hina swi ngopfu kambe eka lowu leswi na ku ka hi ya wa la ni a u",
        ),
        (
            "sw",
            "na kwamba lakini au sasa yeye mimi wewe sisi wao kwa ya wa ni za la cha vya katika nyumba jana kesho kwa sababu tu vizuri sana ili hii huu hiyo kama yangu yako wangu wako pia hi ku ka a u mu ko bo",
        ),
        (
            "hi-Latn",
            "hai hain nahi ki ka ke ko se mein main kya aur ho tum mujhe lekin kyunki hoga tha thi bhi kal yaar bhai acha kaise toh hum apne kuch ya",
        ),
    ],
    &[
        (
            "so",
            "waa oo iyo waxaan ku ka u in uu ay aad laakiin ma waxa la si ee kale haa maya aan waxay tahay yahay badan guri anigu dheh maanta berri shalay inaan",
        ),
        (
            "om",
            "fi akka kan hin jedhu garuu yoo waan ni irra keessa bira jira dha kiyya koo ani ati nuti isaan mana har'a boru kaleessa booda jechuun akkuma qabu jiru baay'ee deemne",
        ),
        (
            "ff",
            "e ko kadi walla ina mi a o min en ɗum ɗe ndi nde ngal to nder dow haa kono fof am ma makko galle hannde janngo hanki caggal ɗuum",
        ),
    ],
    &[
        (
            "ga",
            "agus tá an na ar ag go is níl bhí sé sí mé tú le do mo ní ach a i sa san ba chun faoi anois inné amárach linn againn den don raibh seo sin nach",
        ),
        (
            "gd",
            "agus tha an na air ag gu is chan bha e i mi thu le do mo cha ach a ann anns san bu gus mu nis dè màireach leinn againn den don robh seo sin nach aig às às bho ri gum chaidh",
        ),
    ],
    &[
        (
            "cs",
            "a je se na v že to s z do jsem jsi jsou jsme bych by ale jako co když nebo už jen ve ze ke k po pro při byl byla bylo není mám máme včera zítra který která až také o i tak jeho její jejich však této tohoto české roku během pouze svůj své tím kde kteří které",
        ),
        (
            "sk",
            "a je sa na v že to s z do som si sú sme by ale ako čo keď alebo už len vo zo ku k po pre pri bol bola bolo nie mám máme včera zajtra ktorý ktorá až tiež o i tak jeho jej ich však tejto tohto roku počas iba svoj svoje tým kde ktorí ktoré",
        ),
    ],
    &[
        (
            "da",
            "og er i at det en på af til ikke med de som jeg du vi har den et for var men om efter også hvad noget meget bliver blev hvor mig dig sig efter nu selv kunne skulle ville uge",
        ),
        (
            "no",
            "og er i at det en på av til ikke med de som jeg du vi har den et for var men om etter også hva noe veldig blir ble hvor meg deg seg nå selv kunne skulle ville uke ikkje eg eit frå ein kva då",
        ),
    ],
    &[
        (
            "tr",
            "ve bir bu da de için çok ile ne ama ben sen o biz var yok gibi daha kadar sonra değil mi mı olan olarak dün yarın bugün dir dır ya ise en her yeni sayfa nasıl e in di ev a i un ın na nin li em tu hûn yek lê",
        ),
        ("ku", "û ez tu em hûn li bi ji ku di de e in ne ev ew wê wî xwe me heye pir ber bo jî yek na da lê"),
        ("crh", "ve bir bu da de içün pek ile ne amma men sen o biz bar yoq kibi daa qadar soñ degil"),
        (
            "uz",
            "va bir bu ham uchun juda bilan nima lekin men sen u biz bor yo'q kabi kerak keyin emas bo yida",
        ),
        ("tk", "we bir bu hem üçin gaty bilen näme emma men sen ol biz bar ýok ýaly soň däl"),
    ],
    &[
        (
            "hi",
            "है हैं का की के में को से और यह नहीं ने पर भी था थी थे हो कि मैं तुम आप हम वह क्या एक तो ही इस उस मुझे कर रहा रही रहे गया लिए अपने जो हूँ हूं या साथ बाद कैसे कल वे सकते किया हुआ गए मेरे मेरी मेरा जब तक",
        ),
        (
            "mr",
            "आहे आहेत आणि मला नाही हा ही हे तो ती ते मी तू तुम्ही आम्ही आम्हाला काय होते होता होती करतो पण एक या त्या च्या साठी आमच्याकडे माझा माझे माझी खूप कसे उद्या काल झाले करून",
        ),
        (
            "ne",
            "छ छन् हो र मा को ले लाई म तिमी तपाईं हामी के यो त्यो भयो थियो छैन पनि एक गर्न गरेको हुन्छ मेरो तर भने हामीसँग हिजो भोलि धेरै छु छौं छौँ",
        ),
        ("sa", "च अस्ति सन्ति अहम् त्वम् वयम् वयं न इति एव अपि तत् सः सा किम् भवति मम तव अस्माकं इदं एकः करोति अत्र तत्र"),
        (
            "bho",
            "बा बानी हम तू रउआ के में से आउर ना का ई ऊ भी रहे बाड़े हमरा काल्ह होला हमार तोहार घरे शनिचर हई रहल गइल भइल करेला होखे बाटे",
        ),
        ("kok", "म्हजो म्हजी म्हजें आनी तो ती हांव तूं आमी घरा ना आसा आसात जाता कितें करता पूण"),
        ("mai", "अछि छी छथि हम अहाँ के मे सँ आ नहि की ई ओ सेहो छल हमर काल्हि"),
    ],
    &[
        (
            "bn",
            "আমি তুমি আপনি সে আমরা এই ও এবং করে না কি একটি আমার তোমার থেকে জন্য হয় আছে ছিল কিন্তু আর যে তার কোথায় আমাদের এক যা করতে হবে সঙ্গে খুব তা এটা নেই গতকাল কাল",
        ),
        (
            "as",
            "মই তুমি আপুনি সি আমি এই আৰু কৰি নহয় কি এটা মোৰ তোমাৰ পৰা বাবে হয় আছে আছিল কিন্তু যে তাৰ ক'ত আমাৰ এখন নাই কালি",
        ),
    ],
    &[
        (
            "he",
            "את של לא על זה אני הוא היא יש אין מה עם גם כי אם או כל היה אבל אתה איך מאוד רק עוד לי לך שלי הם אנחנו כמו יותר",
        ),
        (
            "yi",
            "און איז די דער דאס דאָס פון פֿון נישט ניט מיר איך דו ער זי זיי האבן האָבן האט האָט וואס וואָס אויף מיט פאר פֿאַר א אַ אן אַן צו אין ווי אויך זענען געווען",
        ),
    ],
    &[
        (
            "ur",
            "ہے ہیں کا کی کے میں کو سے اور یہ نہیں نے پر بھی تھا تھی تھے ہو کہ تم آپ ہم وہ کیا ایک تو ہی اس گا گی گے مجھے کر رہا رہی رہے لیے جو",
        ),
        ("pnb", "اے تے دا دی دے دیاں نوں وچ نیں ایہہ ایہ اوہ سی میرا پرا کیہ ہن نال توں میں کر اک ہو آپ جو"),
    ],
    &[
        (
            "fa",
            "و در به از که این را با است برای من تو ما شما آن می هم یک یا تا نیست هست کرد شد بود دارد ام ای",
        ),
        ("ps", "او په چې د له دا نه يې کې ته زه زما موږ تاسو هغه یو دی ده وي سره نو وه شو"),
    ],
    &[
        (
            "bg",
            "и на в да се е за от с не по че ще като са съм но до или си бях този ме ти аз ние много какво как още само има",
        ),
        (
            "mk",
            "и на во да се е за од со не по дека ќе како се сум но до или си бев овој ме ти јас ние многу што ама уште само има",
        ),
        (
            "ru",
            "и в не на что с я это как он а по но они мы к у ты вы за от из о так же бы для то все если его её был была было есть когда очень со во об только уже при после чтобы ту того том тот этот эта эти этой этого может могут которые который которая года году да или много само си до ме лишь можно какая",
        ),
        (
            "uk",
            "і в не на що з я це як він а по але вони ми до у ти ви за від із о так же б для то все якщо його її був була було є коли дуже та й да або си",
        ),
        (
            "be",
            "і ў не на што з я гэта як ён а па але яны мы да у ты вы за ад із аб так жа б для то усё калі яго яе быў была было ёсць вельмі",
        ),
    ],
];

/// The letters of languages in addition to ASCII; any other letter indicates another language. For Cyrillic
/// and Arabic, and for languages that lack some ASCII letters, all letters.
const ALPHABETS: &[(&str, &str)] = &[
    ("es", "áéíóúüñ"),
    ("pt", "áâãàçéêíóôõúü"),
    ("ca", "àçéèíïóòúü·"),
    ("it", "àèéìíîòóùú"),
    ("fr", "àâæçéèêëîïôœùûüÿ"),
    ("de", "äöüßé"),
    ("nl", "éèëïóöüáíúêĳ"),
    ("sv", "åäöéà"),
    ("da", "æøåéáóäö"),
    ("no", "æøåéèêòóôàäö"),
    ("fi", "äöåšž"),
    ("et", "äöõüšž"),
    ("pl", "ąćęłńóśźż"),
    ("cs", "áčďéěíňóřšťúůýžö"),
    ("sk", "áäčďéíĺľňóôŕšťúýž"),
    ("hr", "čćđšž"),
    ("bs", "čćđšž"),
    ("sr", "čćđšžљњћђџјабвгдежзиклмнопрстуфхцчш"),
    ("sl", "čšžćđ"),
    ("hu", "áéíóöőúüű"),
    ("ro", "ăâîșțşţ"),
    ("sq", "ëç"),
    ("tr", "çğıöşüâîûi̇"),
    ("az", "çəğıöşüi̇"),
    ("lt", "ąčęėįšųūž"),
    ("lv", "āčēģīķļņšūž"),
    ("eo", "ĉĝĥĵŝŭ"),
    ("la", "āēīōūæœë"),
    ("ga", "áéíóú"),
    ("cy", "âêîôûŵŷáéíóúàèìòùẁỳäëïöüẅÿ"),
    ("eu", "ñü"),
    ("id", "é"),
    ("ms", "é"),
    ("sw", ""),
    ("so", ""),
    ("zu", ""),
    ("xh", ""),
    ("sn", ""),
    ("st", "š"),
    ("tn", "šêô"),
    ("ts", ""),
    ("tl", "ñáàâéèêíìîóòôúùû"),
    ("ar", "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيٱ"),
    ("fa", "ءآأؤإئابپةتثجچحخدذرزژسشصضطظعغفقکكگلمنهۀویيىٱ"),
    ("ur", "ءآأؤئابپتٹثجچحخدڈذرڑزژسشصضطظعغفقکكگلمنںوہھۂۃةهیيىےۓٱ"),
    ("tt", "абвгдеёжзийклмнопрстуфхцчшщъыьэюяәөүҗңһ"),
    ("ky", "абвгдеёжзийклмнопрстуфхцчшщъыьэюяөүң"),
    ("ru", "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"),
    ("uk", "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"),
    ("be", "абвгдеёжзійклмнопрстуўфхцчшыьэюя"),
    ("bg", "абвгдежзийклмнопрстуфхцчшщъьюяѝ"),
    ("mk", "абвгдѓежзѕијклљмнњопрстќуфхцчџшѐѝ"),
    ("kk", "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"),
    ("mn", "абвгдеёжзийклмноөпрстуүфхцчшщъыьэюя"),
    ("hi", "अआइईउऊऋएऐऑओऔकखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसहड़ढ़क़ख़ग़ज़फ़ँंः"),
    ("bn", "অআইঈউঊঋএঐওঔকখগঘঙচছজঝঞটঠডঢণতথদধনপফবভমযরলশষসহড়ঢ়য়ৎংঃঁ"),
    ("he", "אבגדהוזחטיכךלמםנןסעפףצץקרשת"),
];

/// Letters of which a text of several words contains at least one.
const NEEDED: &[(&str, &str)] = &[
    ("kk", "қғұі"),
    ("be", "ўі"),
    ("uk", "іїєґ"),
    ("az", "ə"),
    ("vi", "ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹàáãèéìíòóõùúý"),
];

/// Languages that differ only in a few words: without one of its own, a text may be in any of them.
const TWINS: [&str; 5] = ["hr", "bs", "sr", "rw", "rn"];

/// Whether a text that resembles a language resembles a relative of it more.
pub(super) fn is_doubtful(language: Language, text: &str) -> bool {
    let text = text.to_lowercase();
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric() && !is_joined(c)).filter(|word| !word.is_empty()).collect();
    let needs = found(NEEDED, language).is_some_and(|letters| !text.contains(|c| letters.contains(c)));
    if needs && words.len() >= MIN_WORDS {
        return true;
    }
    let strange = found(ALPHABETS, language)
        .map_or(0, |alphabet| words.iter().filter(|word| has_strange_letters(word, alphabet)).count());
    // A text may contain a name in another language.
    if strange > 1 && strange * 8 >= words.len() || strange > 0 && strange * 4 >= words.len() {
        return true;
    }
    let Some(relatives) = RELATIVES.iter().find(|group| found(group, language).is_some()) else {
        return false;
    };
    let of = |code: &str| words_of(relatives, code);
    let own = of(language.code());
    let in_latin =
        words.iter().filter(|word| word.starts_with(|c: char| c.is_ascii())).count() * 2 > words.len();
    let lead = usize::from(in_latin && TWINS.contains(&language.code()));
    // Words that both have are no evidence.
    let is_behind = |other: HashSet<&str>| {
        let count = |words_of_one: &HashSet<&str>, not: &HashSet<&str>| {
            words.iter().filter(|&word| words_of_one.contains(word) && !not.contains(word)).count()
        };
        count(&other, &own) + strange + lead > count(&own, &other)
    };
    relatives.iter().filter(|(code, _)| *code != language.code()).any(|(code, _)| is_behind(of(code)))
}

fn words_of<'a>(relatives: &[(&str, &'a str)], code: &str) -> HashSet<&'a str> {
    relatives.iter().filter(|(known, _)| *known == code).flat_map(|(_, words)| words.split(' ')).collect()
}

/// Vowel signs and points that are not letters by themselves, and what joins the parts of a syllable.
fn is_joined(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}')
        || GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}

fn has_strange_letters(word: &str, alphabet: &str) -> bool {
    word.chars().any(|c| !c.is_ascii() && c.is_alphabetic() && !is_joined(c) && !alphabet.contains(c))
}

fn found<'a>(table: &[(&str, &'a str)], language: Language) -> Option<&'a str> {
    table.iter().find(|(code, _)| *code == language.code()).map(|&(_, text)| text)
}

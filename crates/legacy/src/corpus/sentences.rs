//! Sentences in the eight languages that the old system translated between.

use super::random::Random;

/// The languages, in the order of the columns below.
pub(super) const LANGUAGES: [&str; 8] = ["fr", "en", "es", "de", "pt", "zh", "ja", "ar"];

const SENTENCES: [[&str; 8]; 20] = [
    [
        "Bonjour à tous !",
        "Hello everyone!",
        "¡Hola a todos!",
        "Hallo zusammen!",
        "Olá a todos!",
        "大家好！",
        "皆さん、こんにちは！",
        "مرحبا بالجميع!",
    ],
    [
        "On se retrouve à quelle heure demain ?",
        "What time do we meet tomorrow?",
        "¿A qué hora quedamos mañana?",
        "Um wie viel Uhr treffen wir uns morgen?",
        "A que horas nos encontramos amanhã?",
        "我们明天几点见面？",
        "明日は何時に会いますか？",
        "في أي ساعة نلتقي غدا؟",
    ],
    [
        "Je suis en route, j'arrive dans dix minutes.",
        "I am on my way, I will be there in ten minutes.",
        "Estoy en camino, llego en diez minutos.",
        "Ich bin unterwegs, ich bin in zehn Minuten da.",
        "Estou a caminho, chego em dez minutos.",
        "我在路上，十分钟后到。",
        "今向かっています。十分で着きます。",
        "أنا في الطريق، سأصل بعد عشر دقائق.",
    ],
    [
        "Merci beaucoup pour ton aide.",
        "Thank you very much for your help.",
        "Muchas gracias por tu ayuda.",
        "Vielen Dank für deine Hilfe.",
        "Muito obrigado pela tua ajuda.",
        "非常感谢你的帮助。",
        "手伝ってくれて本当にありがとう。",
        "شكرا جزيلا على مساعدتك.",
    ],
    [
        "Le serveur est de nouveau en ligne.",
        "The server is back online.",
        "El servidor vuelve a estar en línea.",
        "Der Server ist wieder online.",
        "O servidor está novamente online.",
        "服务器已恢复在线。",
        "サーバーが復旧しました。",
        "عاد الخادم إلى العمل.",
    ],
    [
        "Quelqu'un a vu mes clés ?",
        "Has anyone seen my keys?",
        "¿Alguien ha visto mis llaves?",
        "Hat jemand meine Schlüssel gesehen?",
        "Alguém viu as minhas chaves?",
        "有人看到我的钥匙吗？",
        "誰か私の鍵を見ましたか？",
        "هل رأى أحد مفاتيحي؟",
    ],
    [
        "Les photos du week-end sont magnifiques.",
        "The photos from the weekend are beautiful.",
        "Las fotos del fin de semana son preciosas.",
        "Die Fotos vom Wochenende sind wunderschön.",
        "As fotos do fim de semana são lindas.",
        "周末的照片很美。",
        "週末の写真がとてもきれいです。",
        "صور عطلة نهاية الأسبوع رائعة.",
    ],
    [
        "Je t'appelle ce soir après le travail.",
        "I will call you tonight after work.",
        "Te llamo esta noche después del trabajo.",
        "Ich rufe dich heute Abend nach der Arbeit an.",
        "Ligo-te esta noite depois do trabalho.",
        "我今晚下班后给你打电话。",
        "今夜、仕事の後に電話します。",
        "سأتصل بك الليلة بعد العمل.",
    ],
    [
        "Il pleut depuis ce matin.",
        "It has been raining since this morning.",
        "Llueve desde esta mañana.",
        "Es regnet seit heute Morgen.",
        "Está a chover desde esta manhã.",
        "从今天早上开始就在下雨。",
        "今朝からずっと雨です。",
        "إنها تمطر منذ هذا الصباح.",
    ],
    [
        "Peux-tu m'envoyer le document ?",
        "Can you send me the document?",
        "¿Puedes enviarme el documento?",
        "Kannst du mir das Dokument schicken?",
        "Podes enviar-me o documento?",
        "你能把文件发给我吗？",
        "書類を送ってもらえますか？",
        "هل يمكنك أن ترسل لي المستند؟",
    ],
    [
        "D'accord, c'est parfait pour moi.",
        "All right, that is perfect for me.",
        "De acuerdo, me parece perfecto.",
        "In Ordnung, das passt mir perfekt.",
        "Está bem, para mim é perfeito.",
        "好的，我觉得很合适。",
        "わかりました。私はそれで大丈夫です。",
        "حسنا، هذا مناسب لي تماما.",
    ],
    [
        "La réunion est reportée à lundi.",
        "The meeting is postponed to Monday.",
        "La reunión se aplaza al lunes.",
        "Die Besprechung ist auf Montag verschoben.",
        "A reunião foi adiada para segunda-feira.",
        "会议推迟到星期一。",
        "会議は月曜日に延期されました。",
        "تم تأجيل الاجتماع إلى يوم الاثنين.",
    ],
    [
        "Tu as déjà mangé ?",
        "Have you eaten yet?",
        "¿Ya has comido?",
        "Hast du schon gegessen?",
        "Já comeste?",
        "你吃饭了吗？",
        "もう食べましたか？",
        "هل أكلت؟",
    ],
    [
        "Ma sœur arrive de Douala la semaine prochaine.",
        "My sister arrives from Douala next week.",
        "Mi hermana llega de Duala la semana que viene.",
        "Meine Schwester kommt nächste Woche aus Douala.",
        "A minha irmã chega de Duala na próxima semana.",
        "我姐姐下周从杜阿拉来。",
        "姉が来週ドゥアラから来ます。",
        "ستصل أختي من دوالا الأسبوع القادم.",
    ],
    [
        "Bravo pour la nouvelle version !",
        "Well done on the new version!",
        "¡Enhorabuena por la nueva versión!",
        "Glückwunsch zur neuen Version!",
        "Parabéns pela nova versão!",
        "恭喜新版本发布！",
        "新しいバージョンおめでとう！",
        "تهانينا على الإصدار الجديد!",
    ],
    [
        "Je ne comprends pas la deuxième question.",
        "I do not understand the second question.",
        "No entiendo la segunda pregunta.",
        "Ich verstehe die zweite Frage nicht.",
        "Não percebo a segunda pergunta.",
        "我不明白第二个问题。",
        "二番目の質問がわかりません。",
        "لا أفهم السؤال الثاني.",
    ],
    [
        "Le train a vingt minutes de retard.",
        "The train is twenty minutes late.",
        "El tren lleva veinte minutos de retraso.",
        "Der Zug hat zwanzig Minuten Verspätung.",
        "O comboio está vinte minutos atrasado.",
        "火车晚点二十分钟。",
        "電車が二十分遅れています。",
        "القطار متأخر عشرين دقيقة.",
    ],
    [
        "Bon anniversaire, profite bien de ta journée !",
        "Happy birthday, enjoy your day!",
        "¡Feliz cumpleaños, disfruta de tu día!",
        "Alles Gute zum Geburtstag, genieß deinen Tag!",
        "Feliz aniversário, aproveita o teu dia!",
        "生日快乐，祝你今天愉快！",
        "お誕生日おめでとう。良い一日を！",
        "عيد ميلاد سعيد، استمتع بيومك!",
    ],
    [
        "Qui s'occupe des billets ?",
        "Who is taking care of the tickets?",
        "¿Quién se encarga de las entradas?",
        "Wer kümmert sich um die Karten?",
        "Quem trata dos bilhetes?",
        "谁负责买票？",
        "チケットは誰が担当しますか？",
        "من يهتم بالتذاكر؟",
    ],
    [
        "À bientôt, bonne nuit.",
        "See you soon, good night.",
        "Hasta pronto, buenas noches.",
        "Bis bald, gute Nacht.",
        "Até breve, boa noite.",
        "再见，晚安。",
        "またね、おやすみなさい。",
        "إلى اللقاء، تصبحون على خير.",
    ],
];

/// A sentence in all languages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said {
    first: usize,
    second: Option<usize>,
}

impl Said {
    pub(super) fn of(random: &mut Random) -> Self {
        let first = random.below(SENTENCES.len());
        let second = random.percent(40).then(|| random.below(SENTENCES.len()));
        Self { first, second }
    }

    /// In the language with this code; in English if it is none of the eight.
    pub(super) fn in_language(self, code: &str) -> String {
        let column = LANGUAGES.iter().position(|language| *language == code).unwrap_or(1);
        let mut text = SENTENCES[self.first][column].to_owned();
        if let Some(second) = self.second {
            text.push(' ');
            text.push_str(SENTENCES[second][column]);
        }
        text
    }
}

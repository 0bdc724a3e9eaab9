//! Everyday messages, with what must and what must not be in their translations.

/// A message and what to expect of its translation.
pub struct Message {
    pub text: &'static str,
    /// All of these must be in it; `|` separates alternatives.
    must: &'static [&'static str],
    must_not: &'static [&'static str],
}

impl Message {
    /// What is wrong with a translation.
    pub fn problem(&self, translation: &str) -> Option<String> {
        let has = |text: &str| translation.to_lowercase().contains(&text.to_lowercase());
        let missing = self.must.iter().find(|texts| !texts.split('|').any(has));
        let wrong = self.must_not.iter().find(|text| has(text));
        missing.map(|text| format!("without `{text}`")).or(wrong.map(|text| format!("with `{text}`")))
    }
}

const fn message(
    text: &'static str,
    must: &'static [&'static str],
    must_not: &'static [&'static str],
) -> Message {
    Message { text, must, must_not }
}

pub const TO_PORTUGUESE: [Message; 35] = [
    message("My plane lands at noon. Where do we meet?", &["avião", "meio-dia", "onde", "?"], &["plano"]),
    message("The train leaves at 11:20.", &["trem|comboio", "às 11:20|às 11h20"], &["no 11", "em 11"]),
    message("I'll be there around 7:45.", &["7:45|7h45", "das 7|às 7"], &["do 7"]),
    message("Can you pick me up at 6 p.m.?", &["pode|poderia", "18|6", "?"], &["6 p.m.?."]),
    message("The meeting moved to Tuesday at 9:30.", &["reunião", "terça", "às 9:30|às 9h30"], &["no 9:30"]),
    message("It costs €20 per person.", &["custa", "20", "€|euro", "pessoa"], &["$"]),
    message("I paid $15.50 for lunch.", &["paguei", "15,50|15.50", "$|dólares", "almoço"], &["R$"]),
    message("Dinner for 4 people, please.", &["jantar", "4|quatro", "pessoas", "por favor"], &["people"]),
    message("My birthday is on 14/02/2027.", &["aniversário", "14/02/2027"], &["02/14"]),
    message("See you on November 21!", &["21 de novembro", "!"], &["november"]),
    message("Marie is coming tonight.", &["Marie", "noite"], &["Maria"]),
    message("Did Jean-Luc call you?", &["Jean-Luc", "?"], &["João"]),
    message("Good morning! How are you?", &["bom dia", "?"], &["boa manhã"]),
    message("I don't know yet. Ask your sister.", &["não sei", "irmã"], &["irmão"]),
    message("We won!!! 🎉🎉", &["ganhamos|vencemos", "🎉🎉"], &["won"]),
    message("I love you so much ❤️", &["amo", "❤️"], &["love"]),
    message("lol that was so funny", &["engraçado|divertido"], &["funny"]),
    message("brb, my phone is dying", &["telefone|celular", "morrendo|morrer"], &["phone"]),
    message(
        "Look at https://example.org/menu before you order.",
        &["https://example.org/menu", "antes de"],
        &["before"],
    ),
    message("Thanks @marie for the help!", &["@marie", "ajuda"], &["thanks"]),
    message("The Wi-Fi password is `hunter2`.", &["senha", "`hunter2`"], &["password"]),
    message(
        "It's 5 km from here, about 20 minutes by bike.",
        &["5 km", "20 minutos", "bicicleta"],
        &["miles"],
    ),
    message("WE MISSED THE TRAIN BECAUSE OF THE SNOW", &["perdemos o", "neve"], &["train", "snow"]),
    message("DO NOT TOUCH MY LAPTOP AGAIN!", &["não", "toque|mexa", "meu", "!"], &["touch"]),
    message("PLEASE CALL ME TOMORROW MORNING", &["por favor", "amanhã"], &["call", "morning"]),
    message("Only 30 % of the class passed.", &["30", "%|por cento", "turma|classe"], &["class "]),
    message("What's the weather like in Lisbon?", &["tempo|clima", "Lisboa", "?"], &["Lisbon?"]),
    message("I'm running late, sorry!", &["atrasad|tarde|atraso", "!"], &["correndo até"]),
    message("Could you send me the photos from yesterday?", &["fotos", "ontem", "?"], &["hoje"]),
    message("Happy birthday, Ana!", &["feliz aniversário", "Ana"], &["birthday"]),
    message("Are you kidding me?", &["brincando|gozar|zoando|brincar", "?"], &["criança"]),
    message(
        "The kids are asleep. Please don't ring the bell.",
        &["crianças", "dorm|dormindo", "não"],
        &["kids"],
    ),
    message("Write to lea@example.org if you need anything.", &["lea@example.org", "precisar"], &["write"]),
    message("I have 3 cats and 2 dogs.", &["3 gatos|três gatos", "2 cães|dois cães|2 cachorros"], &["dogs"]),
    message("We need 250 chairs for the wedding.", &["250 cadeiras", "casamento"], &["chairs"]),
];

pub const TO_ENGLISH: [Message; 16] = [
    message("O ônibus sai às 18:30.", &["bus", "at 18:30|at 6:30"], &["ônibus"]),
    message("Chego por volta das 11:00.", &["around 11|about 11"], &["of the 11", "back"]),
    message("Quanto custa? Acho que são R$ 25.", &["how much", "R$ 25|R$25", "?"], &["acho"]),
    message("Vamos ao cinema hoje à noite?", &["cinema|movie", "tonight", "?"], &["noite"]),
    message("Não posso falar agora, te ligo depois.", &["can't|cannot", "now", "call you"], &["te "]),
    message("A Ana mora em São Paulo há 12 anos.", &["Ana", "São Paulo|Sao Paulo", "12 years"], &["to Ana"]),
    message("Feliz aniversário! 🎂 O João vem hoje?", &["happy birthday", "🎂", "today", "?"], &["João,"]),
    message("Onde fica a estação de metrô?", &["where", "subway|metro", "?"], &["fica"]),
    message("Você viu as fotos que mandei ontem?", &["photos|pictures", "yesterday", "?"], &["fotos"]),
    message("kkkkk muito bom", &["very good|so good|really good"], &["muito"]),
    message("A festa é no dia 21/11/2026.", &["party", "21/11/2026|11/21/2026"], &["festa"]),
    message("Preciso de 2,5 kg de farinha.", &["2.5 kg|2,5 kg|2.5kg", "flour"], &["25 kg"]),
    message("O bilhete custa 1.250,00 euros.", &["ticket", "1,250|1.250", "euros"], &["1.25 "]),
    message("Obrigado @carlos, você me salvou!", &["thank", "@carlos", "saved me"], &["salvou"]),
    message("Bom dia! Tudo bem com vocês?", &["good morning", "?"], &["vocês"]),
    message("Estou com fome. Vamos almoçar?", &["hungry", "lunch", "?"], &["fome"]),
];

//! Spanish.

use crate::wording::{Notice, Wording};

pub(crate) const WORDING: Wording = Wording {
    greeting: "Hola, {name}:",
    or_copy: "Si el botón no funciona, abre esta dirección:",
    verify_address: Notice {
        subject: "Confirma tu correo electrónico",
        text: "Confirma que este es el correo electrónico de tu cuenta de Meeshy. El enlace funciona durante 24 horas.",
        button: "Confirmar mi correo",
        caution: "Si no has creado una cuenta, ignora este mensaje.",
    },
    reset_password: Notice {
        subject: "Elige una contraseña nueva",
        text: "Alguien ha pedido una contraseña nueva para tu cuenta de Meeshy. El enlace funciona una sola vez, durante una hora.",
        button: "Elegir una contraseña nueva",
        caution: "Si no has sido tú, ignora este mensaje. Tu contraseña no cambia.",
    },
    sign_in: Notice {
        subject: "Tu enlace para iniciar sesión",
        text: "Con este enlace inicias sesión en Meeshy. Funciona una sola vez, durante un minuto.",
        button: "Iniciar sesión",
        caution: "Si no lo has pedido, ignora este mensaje. No compartas el enlace con nadie.",
    },
    change_address: Notice {
        subject: "Confirma tu nuevo correo electrónico",
        text: "Confirma que este es el nuevo correo electrónico de tu cuenta de Meeshy. El enlace funciona durante 24 horas.",
        button: "Confirmar mi nuevo correo",
        caution: "Si no has pedido este cambio, ignora este mensaje.",
    },
    password_changed: Notice {
        subject: "Tu contraseña ha cambiado",
        text: "Se ha cambiado la contraseña de tu cuenta de Meeshy y se ha cerrado la sesión en los demás dispositivos.",
        button: "",
        caution: "Si no has sido tú, elige enseguida otra contraseña con «He olvidado mi contraseña» y comprueba que tu correo está a salvo.",
    },
    address_changed: Notice {
        subject: "Tu correo electrónico ha cambiado",
        text: "Tu cuenta de Meeshy tiene ahora otro correo electrónico. Los mensajes sobre la cuenta ya no llegarán aquí.",
        button: "",
        caution: "Si no has sido tú, avisa enseguida al administrador de tu servidor de Meeshy.",
    },
    too_early: Notice {
        subject: "Todavía no es posible",
        text: "Se ha pedido un enlace para iniciar sesión en tu cuenta de Meeshy o para cambiar su contraseña. Esta dirección se confirmó hace menos de un día, así que todavía no enviamos a ella esos enlaces. Inicia sesión con tu contraseña o vuelve a pedirlo mañana.",
        button: "",
        caution: "Si no lo has pedido tú, no hagas caso de este correo.",
    },
    number_confirmed: Notice {
        subject: "Se ha añadido un número de teléfono a tu cuenta",
        text: "Se ha confirmado un número de teléfono para tu cuenta de Meeshy. Quien lea los SMS enviados a ese número puede elegir otra contraseña.",
        button: "",
        caution: "Si no has sido tú, alguien tiene acceso a tu cuenta: cambia enseguida tu contraseña y quita el número en los ajustes.",
    },
    number_moved: Notice {
        subject: "Se ha quitado tu número de teléfono",
        text: "Tu número de teléfono es ahora de otra cuenta de Meeshy, porque en ella se escribió un código enviado a ese número. Inicias sesión con tu nombre de usuario o tu correo electrónico.",
        button: "",
        caution: "Si no has sido tú, alguien puede leer tus SMS: pide ayuda a tu operador y confirma de nuevo tu número en los ajustes.",
    },
};

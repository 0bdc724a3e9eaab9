//! French.

use crate::wording::{Notice, Wording};

pub(crate) const WORDING: Wording = Wording {
    greeting: "Bonjour {name},",
    or_copy: "Si le bouton ne fonctionne pas, ouvrez cette adresse :",
    verify_address: Notice {
        subject: "Confirmez votre adresse e-mail",
        text: "Confirmez que cette adresse e-mail est bien celle de votre compte Meeshy. Le lien est valable 24 heures.",
        button: "Confirmer mon adresse",
        caution: "Si vous n’avez pas créé de compte, ignorez cet e-mail.",
    },
    reset_password: Notice {
        subject: "Choisissez un nouveau mot de passe",
        text: "Un nouveau mot de passe a été demandé pour votre compte Meeshy. Le lien ne sert qu’une fois et reste valable une heure.",
        button: "Choisir un nouveau mot de passe",
        caution: "Si ce n’était pas vous, ignorez cet e-mail. Votre mot de passe reste le même.",
    },
    sign_in: Notice {
        subject: "Votre lien de connexion",
        text: "Ce lien vous connecte à Meeshy. Il ne sert qu’une fois et reste valable une minute.",
        button: "Me connecter",
        caution: "Si vous ne l’avez pas demandé, ignorez cet e-mail. Ne transmettez ce lien à personne.",
    },
    change_address: Notice {
        subject: "Confirmez votre nouvelle adresse e-mail",
        text: "Confirmez que cette adresse e-mail est la nouvelle adresse de votre compte Meeshy. Le lien est valable 24 heures.",
        button: "Confirmer ma nouvelle adresse",
        caution: "Si vous n’avez pas demandé ce changement, ignorez cet e-mail.",
    },
    password_changed: Notice {
        subject: "Votre mot de passe a été modifié",
        text: "Le mot de passe de votre compte Meeshy a été modifié et les autres appareils ont été déconnectés.",
        button: "",
        caution: "Si ce n’était pas vous, choisissez tout de suite un nouveau mot de passe avec « Mot de passe oublié » et vérifiez que votre messagerie est en sécurité.",
    },
    address_changed: Notice {
        subject: "Votre adresse e-mail a été modifiée",
        text: "Votre compte Meeshy a désormais une autre adresse e-mail. Les e-mails qui le concernent n’arriveront plus ici.",
        button: "",
        caution: "Si ce n’était pas vous, contactez tout de suite l’administrateur de votre serveur Meeshy.",
    },
    too_early: Notice {
        subject: "Ce n’est pas encore possible",
        text: "Un lien a été demandé pour se connecter à votre compte Meeshy ou pour en changer le mot de passe. Cette adresse a été confirmée il y a moins d’un jour : nous n’y envoyons pas encore de tels liens. Connectez-vous avec votre mot de passe, ou réessayez demain.",
        button: "",
        caution: "Si vous n’avez rien demandé, ignorez cet e-mail.",
    },
    number_confirmed: Notice {
        subject: "Un numéro de téléphone a été ajouté à votre compte",
        text: "Un numéro de téléphone a été confirmé pour votre compte Meeshy. Toute personne qui lit les SMS envoyés à ce numéro peut choisir un nouveau mot de passe.",
        button: "",
        caution: "Si ce n’était pas vous, quelqu’un a accès à votre compte : changez tout de suite votre mot de passe et retirez le numéro dans les paramètres.",
    },
    number_moved: Notice {
        subject: "Votre numéro de téléphone a été retiré",
        text: "Votre numéro de téléphone appartient désormais à un autre compte Meeshy, car un code envoyé à ce numéro y a été saisi. Vous vous connectez avec votre nom d’utilisateur ou votre adresse e-mail.",
        button: "",
        caution: "Si ce n’était pas vous, quelqu’un peut lire vos SMS : demandez de l’aide à votre opérateur et confirmez de nouveau votre numéro dans les paramètres.",
    },
};

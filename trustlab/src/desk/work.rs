//! What a person does at a Windows client: sign in, lock, open something.

use client_sim::act::{Share, TypedAccount};
use client_sim::{Act, ActError, CredentialKind, OtherAccount, Performed};

use super::Printed;
use super::command::{Entry, Group, Machines, ParseError, Task, usage};
use super::seat::{Next, Seat};

/// The work of a morning.
pub(crate) const GROUP: Group = Group {
    title: "Work",
    entries: &[
        Entry {
            name: "sign-in",
            on: Machines::CLIENTS,
            usage: "sign-in [hello | password | fido]",
            about: "sign in as this user; the first Hello sign-in sets Hello up",
            forms: &["hello", "password", "fido"],
            parse: sign_in,
        },
        Entry {
            name: "sign-out",
            on: Machines::CLIENTS,
            usage: "sign-out",
            about: "end this user's session; its tickets go",
            forms: &[],
            parse: sign_out,
        },
        Entry {
            name: "lock",
            on: Machines::CLIENTS,
            usage: "lock",
            about: "lock the screen",
            forms: &[],
            parse: lock,
        },
        Entry {
            name: "unlock",
            on: Machines::CLIENTS,
            usage: "unlock",
            about: "unlock it, which refreshes the PRT when it is due",
            forms: &[],
            parse: unlock,
        },
        Entry {
            name: "open",
            on: Machines::CLIENTS,
            usage: "open \\\\server\\share [as ACCOUNT] | http://server/path",
            about: "open a share or a page, with a ticket if there can be one; `as`: type another name and the password",
            forms: &["<share>", "<page>"],
            parse: open,
        },
        Entry {
            name: "print",
            on: Machines::CLIENTS,
            usage: r"print \\server\queue",
            about: "send a job to a printer's queue",
            forms: &["<share>"],
            parse: print,
        },
    ],
};

fn sign_in(words: &[String]) -> Result<Task, ParseError> {
    let credential = match words {
        [_] => None,
        [_, with] => Some(with),
        _ => return usage("sign-in", "takes hello, password or fido"),
    };
    let credential = match credential.map(|with| CredentialKind::parse(with)) {
        None => None,
        Some(Some(credential)) => Some(credential),
        Some(None) => return usage("sign-in", "takes hello, password or fido"),
    };
    let act = Act::SignIn {
        credential,
        remote: false,
    };
    Ok(Task::act(act, |seat, done| match done {
        Ok(_) => Printed::noted(format!("{} is signed in\n", seat.person.upn)),
        Err(error) => seat.failed(&error),
    }))
}

fn sign_out(words: &[String]) -> Result<Task, ParseError> {
    alone(words, "sign-out")?;
    Ok(silent(Act::SignOut))
}

fn lock(words: &[String]) -> Result<Task, ParseError> {
    alone(words, "lock")?;
    Ok(silent(Act::Lock))
}

fn unlock(words: &[String]) -> Result<Task, ParseError> {
    alone(words, "unlock")?;
    Ok(silent(Act::Unlock))
}

/// An act of which there is nothing to print when it worked.
fn silent(act: Act) -> Task {
    Task::act(act, |seat, done| match done {
        Ok(_) => Printed::default(),
        Err(error) => seat.failed(&error),
    })
}

fn open(words: &[String]) -> Result<Task, ParseError> {
    const TAKES_AS: &str =
        r"takes a share and an account behind `as`: ad.fernhill.example\ada, or ada@ad.fernhill.example";
    const TAKES: &str = r"takes a share or a page: \\fs01\projects, http://app01/timesheets";
    let (path, account) = match words {
        [_, path] => (path, None),
        [_, path, word, account] if word.eq_ignore_ascii_case("as") => (path, Some(account)),
        _ => return usage("open", TAKES),
    };
    if let Some(text) = account {
        return match Share::parse(path).zip(OtherAccount::parse(text)) {
            Some((share, account)) => {
                let text = text.clone();
                Ok(Task::device(move |seat| {
                    open_as(share, typed_account(seat, &text, account))
                }))
            }
            None => usage("open", TAKES_AS),
        };
    }
    if let Some(url) = page(path) {
        return Ok(Task::act(Act::OpenPage { url }, opened));
    }
    match Share::parse(path) {
        Some(share) => {
            let act = Act::OpenShare {
                share,
                write: false,
                account: None,
            };
            Ok(Task::act(act, opened))
        }
        None => usage("open", TAKES),
    }
}

fn open_as(share: Share, account: TypedAccount) -> Next {
    let act = Act::OpenShare {
        share,
        write: false,
        account: Some(account),
    };
    Next::act(act, opened)
}

/// Whoever is called so types their own password; for an account of nobody, whoever sits here theirs.
fn typed_account(seat: &Seat<'_>, text: &str, account: OtherAccount) -> TypedAccount {
    let password = || seat.person.password.clone();
    seat.lab.typed_account(text).unwrap_or_else(|| TypedAccount {
        account,
        password: password(),
    })
}

fn opened(seat: &Seat<'_>, done: Result<Performed, ActError>) -> Printed {
    match done {
        Ok(Performed::Opened(open)) => Printed::noted(format!("\\\\{}\\{} is open\n", open.host, open.share)),
        Ok(Performed::Page(page)) => Printed {
            stdout: String::from_utf8_lossy(&page.body).into_owned(),
            ..Printed::noted(format!("{} is open\n", page.url))
        },
        Ok(_) => Printed::default(),
        Err(error) => seat.failed(&error),
    }
}

fn print(words: &[String]) -> Result<Task, ParseError> {
    let queue = match words {
        [_, path] => Share::parse(path),
        _ => None,
    };
    let Some(queue) = queue else {
        return usage("print", r"takes a queue: \\prn01\front-desk");
    };
    Ok(Task::act(Act::Print { queue }, |seat, done| match done {
        Ok(Performed::Opened(open)) => {
            Printed::noted(format!("\\\\{}\\{} took the job\n", open.host, open.share))
        }
        Ok(_) => Printed::default(),
        Err(error) => seat.failed(&error),
    }))
}

fn page(text: &str) -> Option<http::Uri> {
    let uri: http::Uri = text.parse().ok()?;
    let known = ["http", "https"].contains(&uri.scheme_str()?);
    // a port that is none is read as no port
    let authority = uri.authority()?;
    let port = authority.as_str().rsplit_once(':').is_none() || uri.port_u16().is_some();
    (known && port && uri.host().is_some()).then_some(uri)
}

fn alone(words: &[String], command: &'static str) -> Result<(), ParseError> {
    match words {
        [_] => Ok(()),
        _ => usage(command, "takes nothing more"),
    }
}

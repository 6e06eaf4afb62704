//! A guestbook on the web: visitors read it and sign it.

#![expect(clippy::print_stderr, reason = "what it says is for the journal")]

mod book;
mod http;
mod notify;

use std::env;
use std::fs;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

use book::{Book, escape};
use http::{Request, Response};

const USAGE: &str = "usage: guestbook --listen ADDRESS:PORT --book FILE";

fn main() -> ExitCode {
    let Some((address, path)) = arguments(env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match start(&address, path) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("guestbook: {error}");
            ExitCode::FAILURE
        }
    }
}

fn arguments(mut words: impl Iterator<Item = String>) -> Option<(String, PathBuf)> {
    let (mut address, mut path) = (None, None);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--listen" => address = Some(words.next()?),
            "--book" => path = Some(words.next()?.into()),
            _ => return None,
        }
    }
    Some((address?, path?))
}

fn start(address: &str, path: PathBuf) -> io::Result<()> {
    let book = Arc::new(Book::open(path)?);
    let listener = TcpListener::bind(address)?;
    notify::ready()?;
    eprintln!("listening on {}", listener.local_addr()?);
    for visitor in listener.incoming() {
        let book = Arc::clone(&book);
        let answered = visitor.and_then(|stream| {
            thread::Builder::new().spawn(move || {
                if let Err(error) = answer(stream, &book) {
                    eprintln!("a visitor was not answered: {error}");
                }
            })
        });
        if let Err(error) = answered {
            eprintln!("a visitor was not let in: {error}");
        }
    }
    Ok(())
}

fn answer(mut stream: TcpStream, book: &Book) -> io::Result<()> {
    let response = match Request::read(&mut stream)? {
        Some(request) => respond(&request, book)?,
        None => Response::text("400 Bad Request", "This is no request.\n"),
    };
    response.write(&mut stream)
}

fn respond(request: &Request, book: &Book) -> io::Result<Response> {
    Ok(match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/") => Response::html(&page(book)?),
        ("GET", "/health") => Response::text("200 OK", "Ready.\n"),
        ("POST", "/sign") => match (request.field("name"), request.field("text")) {
            (Some(name), Some(text)) => {
                book.sign(&name, &text)?;
                Response::see("/")
            }
            _ => Response::text("400 Bad Request", "A name and a text are needed.\n"),
        },
        ("POST", "/backup") => {
            let saved = book.back_up()?;
            Response::text("200 OK", &format!("Saved {}\n", saved.display()))
        }
        ("GET" | "POST", _) => Response::text("404 Not Found", "There is no such page.\n"),
        _ => Response::text("405 Method Not Allowed", "Only GET and POST.\n"),
    })
}

fn page(book: &Book) -> io::Result<String> {
    let host = fs::read_to_string("/etc/hostname").unwrap_or_default();
    let host = host.trim();
    let host = escape(if host.is_empty() { "this host" } else { host });
    let entries: String = book
        .entries()?
        .iter()
        .rev()
        .map(|(name, text)| format!("<li><b>{}</b>: {}</li>\n", escape(name), escape(text)))
        .collect();
    Ok(format!(
        "<!doctype html>\n<meta charset=utf-8>\n<title>Guestbook</title>\n<h1>Guestbook of {host}</h1>\n\
         <form method=post action=/sign>\n<input name=name placeholder=Name>\n<input name=text placeholder=Text>\n\
         <button>Sign</button>\n</form>\n<ul>\n{entries}</ul>\n"
    ))
}

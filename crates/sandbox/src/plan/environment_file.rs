//! Files of variables (systemd.exec(5), `EnvironmentFile=`): the form of shell assignments, without the shell.

/// Where in a file the reader is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    BeforeName,
    Name,
    BeforeValue,
    Value,
    ValueEscape,
    Single,
    Double,
    DoubleEscape,
    Comment,
    CommentEscape,
}

const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// The variables of a file, in order. Lines without `=` and names that are none are skipped; a quote that does not
/// close goes on to the end of the file (observed in 252, 257 and 262). A NUL byte ends the file.
pub(crate) fn parse(text: &str, version: u16) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut at = At::BeforeName;
    let (mut name, mut value) = (String::new(), String::new());
    // The length up to which the value was quoted or escaped: what is beyond loses its blanks at the end.
    let mut kept = 0;
    for c in text.chars().take_while(|c| *c != '\0') {
        let newline = c == '\n';
        at = match at {
            At::BeforeName if matches!(c, '#' | ';') => At::Comment,
            At::BeforeName if BLANKS.contains(&c) => At::BeforeName,
            At::BeforeName => {
                name.push(c);
                At::Name
            }
            At::Name if newline => {
                name.clear();
                At::BeforeName
            }
            At::Name if c == '=' => At::BeforeValue,
            At::Name => {
                name.push(c);
                At::Name
            }
            At::BeforeValue | At::Value if newline => {
                finish(&mut name, &mut value, &mut kept, &mut found);
                At::BeforeName
            }
            At::BeforeValue if c == '\'' => At::Single,
            At::BeforeValue if c == '"' => At::Double,
            At::BeforeValue | At::Value if c == '\\' => At::ValueEscape,
            At::BeforeValue if BLANKS.contains(&c) => At::BeforeValue,
            At::BeforeValue | At::Value => {
                value.push(c);
                At::Value
            }
            At::ValueEscape => {
                if !newline {
                    value.push(c);
                }
                kept = value.len();
                At::Value
            }
            At::Single | At::Double if c == (if at == At::Single { '\'' } else { '"' }) => {
                kept = value.len();
                At::BeforeValue
            }
            At::Double if c == '\\' => At::DoubleEscape,
            At::Single | At::Double => {
                value.push(c);
                at
            }
            At::DoubleEscape => {
                if !matches!(c, '"' | '\\' | '`' | '$' | '\n') {
                    value.push('\\');
                }
                if !newline {
                    value.push(c);
                }
                At::Double
            }
            At::Comment if c == '\\' => At::CommentEscape,
            At::Comment if newline => At::BeforeName,
            // Since 254 a backslash does not carry a comment on to the next line.
            At::CommentEscape if newline && version >= 254 => At::BeforeName,
            At::Comment | At::CommentEscape => At::Comment,
        };
    }
    match at {
        At::Single | At::Double | At::DoubleEscape => kept = value.len(),
        At::BeforeValue | At::Value | At::ValueEscape => {}
        _ => return found,
    }
    finish(&mut name, &mut value, &mut kept, &mut found);
    found
}

fn finish(
    name: &mut String,
    value: &mut String,
    kept: &mut usize,
    found: &mut Vec<(String, String)>,
) {
    let name = std::mem::take(name);
    let mut value = std::mem::take(value);
    let end = value.trim_end_matches(BLANKS).len().max(*kept);
    *kept = 0;
    value.truncate(end);
    let name = name.trim_end_matches(BLANKS);
    if is_name(name) {
        found.push((name.to_owned(), value));
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        parse(text, 257)
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect()
    }

    #[test]
    fn blanks_around_go_and_those_within_stay() {
        assert_eq!(shown("  K1 = v1 v2  \n"), ["K1=v1 v2"]);
        assert_eq!(shown("D= \"  lead\"  trail  \n"), ["D=  leadtrail"]);
    }

    #[test]
    fn quotes_hold_lines_together() {
        assert_eq!(shown("K2=\"a\nb\"c 'd' e\n"), ["K2=a\nbc 'd' e"]);
        assert_eq!(shown("K3='x\\n$y'z\n"), ["K3=x\\n$yz"]);
        assert_eq!(
            shown("K4=\"q\\\"\\$\\`\\\\ \\n \\\njoin\"\n"),
            ["K4=q\"$`\\ \\n join"]
        );
    }

    #[test]
    fn a_backslash_joins_lines() {
        assert_eq!(shown("K5=a\\ b\\\ncont  \n"), ["K5=a bcont"]);
        assert_eq!(shown("E=\\\nF=3\n"), ["E=F=3"]);
    }

    #[test]
    fn what_is_no_assignment_is_skipped() {
        assert_eq!(
            shown("noeq\n1BAD=x\nexport K8=1\nK6=\nK7=x#y ;z\n; c\n# d\n"),
            ["K6=", "K7=x#y ;z"]
        );
    }

    #[test]
    fn an_open_quote_takes_the_rest() {
        assert_eq!(shown("A=1\nB=\"open\nC=2\n"), ["A=1", "B=open\nC=2\n"]);
    }

    #[test]
    fn comments_went_on_over_a_backslash_until_253() {
        let text = "# c \\\nA=1\nB=2\n";
        assert_eq!(parse(text, 257).len(), 2);
        assert_eq!(parse(text, 252).len(), 1);
    }
}

//! The part of PowerShell's grammar that administrators type around these cmdlets.
//!
//! Understood are commands with named, abbreviated and positional parameters, `-Name:value`, quotes of both kinds with
//! their escapes, variables, `$env:NAME`, members, static properties, `-bor`, lists, parentheses, pipelines, comments, and
//! the backtick at the end of a line. What PowerShell knows beyond that is refused with a [`SyntaxError`] that says so, and
//! so is what is longer than anybody types: what is read here is gone through by recursion.

pub(crate) mod characters;
#[cfg(test)]
mod tests;
mod tree;

use characters::plain;
pub(crate) use tree::{Command, Element, Expression, Piece, Place, Stage, Statement};

/// Why text is no script for this console.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct SyntaxError {
    pub(crate) message: String,
    /// PowerShell's id of the error; `None` for what PowerShell would take and this console does not.
    pub(crate) id: Option<&'static str>,
    pub(crate) place: Place,
}

/// Reads a script.
pub(crate) fn parse(text: &str) -> Result<Vec<Statement>, SyntaxError> {
    let mut parser = Parser {
        text: text.chars().collect(),
        at: 0,
        depth: 0,
        parts: 0,
    };
    parser.fits()?;
    let mut statements = Vec::new();
    loop {
        parser.skip_separators();
        if parser.peek().is_none() {
            return Ok(statements);
        }
        if statements.len() == STATEMENTS_MAX {
            return Err(parser.beyond("scripts of this many statements"));
        }
        statements.push(parser.statement()?);
    }
}

struct Parser {
    text: Vec<char>,
    at: usize,
    /// How many parentheses are open.
    depth: usize,
    /// How many parts the present statement has so far.
    parts: usize,
}

/// More than anybody nests by hand; recursion stays shallow.
const DEPTH_MAX: usize = 16;
/// Members, operators, stages, arguments, items of lists and pieces of strings in a statement. Chains of members and of
/// operators nest as parentheses do.
const PARTS_MAX: usize = 128;
const STATEMENTS_MAX: usize = 256;
/// Characters of a line, and of everything that is typed at once.
const LINE_MAX: usize = 4_096;
const SCRIPT_MAX: usize = 16_384;

impl Parser {
    /// Refuses text that is too long to be read.
    fn fits(&mut self) -> Result<(), SyntaxError> {
        let too_long =
            self.text.len() > SCRIPT_MAX || self.text.split(|c| *c == '\n').any(|line| line.len() > LINE_MAX);
        if !too_long {
            return Ok(());
        }
        // the error shows where it is, but not all of that
        self.text.truncate(LINE_MAX);
        Err(self.beyond(&format!(
            "lines of more than {LINE_MAX} characters, or more than {SCRIPT_MAX} at once"
        )))
    }

    /// Counts a part of the statement.
    fn part(&mut self) -> Result<(), SyntaxError> {
        self.parts += 1;
        if self.parts > PARTS_MAX {
            return Err(self.beyond(&format!("statements of more than {PARTS_MAX} parts")));
        }
        Ok(())
    }

    fn statement(&mut self) -> Result<Statement, SyntaxError> {
        let begin = self.at;
        self.parts = 0;
        let mut target = None;
        let mut pipeline = Vec::new();
        if matches!(self.peek(), Some('$' | '[' | '\'' | '"' | '0'..='9' | '(')) {
            let first = self.expression()?;
            self.skip_blanks();
            if self.peek() == Some('=') && matches!(first, Expression::Variable(_) | Expression::Static(..)) {
                self.at += 1;
                self.skip_blanks_and_lines();
                target = Some(first);
                pipeline.push(self.stage()?);
            } else {
                pipeline.push(Stage::Expression(first));
            }
        } else {
            pipeline.push(self.stage()?);
        }
        self.rest_of_pipeline(&mut pipeline)?;
        self.skip_blanks();
        match self.peek() {
            None | Some('\n' | ';') => {}
            Some(')') if self.depth > 0 => {}
            Some(found) => return Err(self.unexpected(found)),
        }
        Ok(Statement {
            place: self.place(begin),
            target,
            pipeline,
        })
    }

    fn rest_of_pipeline(&mut self, pipeline: &mut Vec<Stage>) -> Result<(), SyntaxError> {
        loop {
            self.skip_blanks();
            if self.peek() != Some('|') {
                return Ok(());
            }
            self.at += 1;
            self.skip_blanks_and_lines();
            if self.peek().is_none() {
                return Err(self.error("An empty pipe element is not allowed.", Some("EmptyPipeElement")));
            }
            self.part()?;
            pipeline.push(Stage::Command(self.command()?));
        }
    }

    fn stage(&mut self) -> Result<Stage, SyntaxError> {
        match self.peek() {
            Some('$' | '[' | '\'' | '"' | '0'..='9' | '(') => Ok(Stage::Expression(self.expression()?)),
            None | Some('\n' | ';') => Err(self.error(
                "You must provide a value expression following the '=' operator.",
                Some("ExpectedValueExpression"),
            )),
            Some('-') => Err(self.error(
                "Missing expression after unary operator '-'.",
                Some("MissingExpressionAfterOperator"),
            )),
            Some(_) => Ok(Stage::Command(self.command()?)),
        }
    }

    fn command(&mut self) -> Result<Command, SyntaxError> {
        let begin = self.at;
        let mut quoted = None;
        if self.peek() == Some('&') {
            self.at += 1;
            self.skip_blanks();
            if let Some(quote @ ('\'' | '"')) = self.peek() {
                quoted = Some(self.string(quote)?);
            }
        }
        let name = match quoted {
            Some(Expression::Text(pieces)) => pieces
                .into_iter()
                .map(|piece| match piece {
                    Piece::Text(text) => text,
                    Piece::Value(_) => String::new(),
                })
                .collect(),
            _ => self.bare_word(),
        };
        if name.is_empty() {
            let found = self.peek().unwrap_or(' ');
            return Err(self.unexpected(found));
        }
        let mut elements = Vec::new();
        loop {
            self.skip_blanks();
            match self.peek() {
                None | Some('\n' | ';' | '|') => break,
                Some(')') if self.depth > 0 => break,
                _ => self.part()?,
            }
            match self.peek() {
                Some('-') if self.next_is_letter() || self.text.get(self.at + 1) == Some(&'?') => {
                    elements.push(self.parameter()?);
                }
                Some('{' | '}' | ')' | '>' | '<' | '&') => {
                    let found = self.peek().unwrap_or(' ');
                    return Err(self.unexpected(found));
                }
                _ => elements.push(Element::Argument(self.arguments()?)),
            }
        }
        Ok(Command {
            name,
            elements,
            place: self.place(begin),
        })
    }

    fn parameter(&mut self) -> Result<Element, SyntaxError> {
        self.at += 1;
        let mut name = String::new();
        while let Some(c) = self
            .peek()
            .filter(|c| c.is_alphanumeric() || matches!(c, '_' | '?'))
        {
            name.push(c);
            self.at += 1;
        }
        let mut value = None;
        if self.peek() == Some(':') {
            self.at += 1;
            self.skip_blanks();
            value = Some(self.arguments()?);
        }
        Ok(Element::Parameter { name, value })
    }

    /// One argument, or several with commas between them.
    fn arguments(&mut self) -> Result<Expression, SyntaxError> {
        let first = self.argument()?;
        let mut all = vec![first];
        loop {
            let before = self.at;
            self.skip_blanks();
            if self.peek() != Some(',') {
                self.at = before;
                break;
            }
            self.at += 1;
            self.skip_blanks_and_lines();
            self.part()?;
            all.push(self.argument()?);
        }
        Ok(match (all.len(), all.pop()) {
            (1, Some(only)) => only,
            (_, last) => {
                all.extend(last);
                Expression::List(all)
            }
        })
    }

    fn argument(&mut self) -> Result<Expression, SyntaxError> {
        match self.peek() {
            Some('$' | '\'' | '"' | '(') => self.expression(),
            Some('@' | '{') => Err(self.beyond("hash tables, splatting and script blocks")),
            _ => {
                let word = self.bare_word();
                if word.is_empty() {
                    let found = self.peek().unwrap_or(' ');
                    return Err(self.unexpected(found));
                }
                Ok(word
                    .parse()
                    .map_or_else(|_| Expression::text(word), Expression::Number))
            }
        }
    }

    /// An expression with its members and operators.
    fn expression(&mut self) -> Result<Expression, SyntaxError> {
        let mut left = self.operand()?;
        loop {
            let before = self.at;
            self.skip_blanks();
            if !self.word_is("-bor") {
                self.at = before;
                return Ok(left);
            }
            self.at += "-bor".len();
            self.skip_blanks();
            self.part()?;
            left = Expression::Either(Box::new(left), Box::new(self.operand()?));
        }
    }

    fn operand(&mut self) -> Result<Expression, SyntaxError> {
        let mut value = match self.peek() {
            Some('$') => self.variable()?,
            Some('[') => self.static_member()?,
            Some(quote @ ('\'' | '"')) => self.string(quote)?,
            Some('(') => self.parenthesis()?,
            Some('0'..='9') => {
                let word = self.bare_word();
                word.parse()
                    .map(Expression::Number)
                    .map_err(|_| self.beyond("this kind of number"))?
            }
            found => return Err(self.unexpected(found.unwrap_or(' '))),
        };
        while self.peek() == Some('.') && self.next_is_letter() {
            self.at += 1;
            self.part()?;
            value = Expression::Member(Box::new(value), self.name());
            if self.peek() == Some('(') {
                return Err(self.beyond("calls of methods"));
            }
        }
        Ok(value)
    }

    fn parenthesis(&mut self) -> Result<Expression, SyntaxError> {
        self.at += 1;
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.beyond("nesting this deep"));
        }
        self.skip_blanks_and_lines();
        let mut pipeline = vec![self.stage()?];
        self.rest_of_pipeline(&mut pipeline)?;
        self.skip_blanks_and_lines();
        if self.peek() != Some(')') {
            return Err(self.error(
                "Missing closing ')' in expression.",
                Some("MissingEndParenthesisInExpression"),
            ));
        }
        self.at += 1;
        self.depth -= 1;
        Ok(Expression::Pipeline(pipeline))
    }

    fn variable(&mut self) -> Result<Expression, SyntaxError> {
        self.at += 1;
        let braced = self.peek() == Some('{');
        if self.peek() == Some('(') {
            return Err(self.beyond("subexpressions"));
        }
        let name = if braced {
            self.at += 1;
            let mut name = String::new();
            loop {
                match self.peek() {
                    None | Some('\n') => return Err(self.beyond("this variable")),
                    Some('}') => break,
                    Some(c) => name.push(c),
                }
                self.at += 1;
            }
            self.at += 1;
            name
        } else {
            let mut name = self.name();
            if self.peek() == Some(':') && name.eq_ignore_ascii_case("env") {
                self.at += 1;
                name = format!("env:{}", self.name());
            }
            name
        };
        if name.is_empty() {
            return Err(self.beyond("this variable"));
        }
        Ok(match name.to_lowercase().strip_prefix("env:") {
            Some(name) => Expression::Environment(name.to_uppercase()),
            None => Expression::Variable(name.to_lowercase()),
        })
    }

    /// `[Type.Name]::Member`.
    fn static_member(&mut self) -> Result<Expression, SyntaxError> {
        self.at += 1;
        let mut of = String::new();
        while let Some(c) = self.peek().filter(|c| c.is_alphanumeric() || *c == '.') {
            of.push(c);
            self.at += 1;
        }
        if !self.eat("]::") {
            return Err(self.beyond("this use of a type"));
        }
        let member = self.name();
        if self.peek() == Some('(') {
            return Err(self.beyond("calls of methods"));
        }
        Ok(Expression::Static(of, member))
    }

    fn string(&mut self, quote: char) -> Result<Expression, SyntaxError> {
        let begin = self.at;
        self.at += 1;
        let mut pieces = Vec::new();
        let mut text = String::new();
        loop {
            let Some(c) = self.peek() else {
                let mut error = self.error(
                    &format!("The string is missing the terminator: {quote}."),
                    Some("TerminatorExpectedAtEndOfString"),
                );
                error.place = self.place(begin);
                return Err(error);
            };
            match c {
                _ if c == quote => {
                    self.at += 1;
                    if self.peek() != Some(quote) {
                        break;
                    }
                    text.extend(self.take());
                }
                '`' if quote == '"' => {
                    self.at += 1;
                    text.extend(self.take().map(escaped));
                }
                '$' if quote == '"' && self.begins_variable() => {
                    self.part()?;
                    if !text.is_empty() {
                        pieces.push(Piece::Text(core::mem::take(&mut text)));
                    }
                    pieces.push(Piece::Value(self.variable()?));
                }
                _ => text.extend(self.take()),
            }
        }
        if !text.is_empty() || pieces.is_empty() {
            pieces.push(Piece::Text(text));
        }
        Ok(Expression::Text(pieces))
    }

    fn begins_variable(&self) -> bool {
        self.text
            .get(self.at + 1)
            .is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '{' | '('))
    }

    /// A word up to the next blank or separator. A backtick takes away what the next character means.
    fn bare_word(&mut self) -> String {
        let mut word = String::new();
        while let Some(c) = self.peek() {
            match c {
                '`' if !matches!(self.text.get(self.at + 1), None | Some('\n' | '\r')) => self.at += 1,
                _ if c.is_whitespace()
                    || matches!(c, ';' | '|' | '(' | ')' | '{' | '}' | ',' | '`' | '&') =>
                {
                    break;
                }
                '\'' | '"' if word.is_empty() => break,
                _ => {}
            }
            word.extend(self.take());
        }
        word
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(c) = self.peek().filter(|c| c.is_alphanumeric() || *c == '_') {
            name.push(c);
            self.at += 1;
        }
        name
    }

    /// What the next character means.
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied().map(plain)
    }

    /// The next character as it was typed.
    fn take(&mut self) -> Option<char> {
        let c = self.text.get(self.at).copied();
        self.at += 1;
        c
    }

    fn next_is_letter(&self) -> bool {
        self.text
            .get(self.at + 1)
            .is_some_and(|c| c.is_alphabetic() || *c == '_')
    }

    fn eat(&mut self, wanted: &str) -> bool {
        let there = wanted
            .chars()
            .enumerate()
            .all(|(offset, c)| self.text.get(self.at + offset) == Some(&c));
        if there {
            self.at += wanted.chars().count();
        }
        there
    }

    fn word_is(&self, wanted: &str) -> bool {
        let length = wanted.chars().count();
        let same = wanted.chars().enumerate().all(|(offset, c)| {
            self.text
                .get(self.at + offset)
                .is_some_and(|found| plain(*found).eq_ignore_ascii_case(&c))
        });
        same && !self
            .text
            .get(self.at + length)
            .is_some_and(|c| c.is_alphanumeric())
    }

    /// Blanks, comments, and a backtick with the end of line behind it.
    fn skip_blanks(&mut self) {
        loop {
            match self.peek() {
                Some(' ' | '\t' | '\r') => self.at += 1,
                Some('`') if self.text.get(self.at + 1) == Some(&'\n') => self.at += 2,
                Some('`')
                    if self.text.get(self.at + 1) == Some(&'\r')
                        && self.text.get(self.at + 2) == Some(&'\n') =>
                {
                    self.at += 3;
                }
                Some('#') => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    fn skip_blanks_and_lines(&mut self) {
        loop {
            self.skip_blanks();
            if self.peek() != Some('\n') {
                return;
            }
            self.at += 1;
        }
    }

    fn skip_separators(&mut self) {
        loop {
            self.skip_blanks();
            match self.peek() {
                Some('\n' | ';') => self.at += 1,
                _ => return,
            }
        }
    }

    /// The place from `begin` to here, as far as it is on one line.
    fn place(&self, begin: usize) -> Place {
        let before = self.text.get(..begin).unwrap_or_default();
        let line_begin = before
            .iter()
            .rposition(|c| *c == '\n')
            .map_or(0, |newline| newline + 1);
        let rest = self.text.get(line_begin..).unwrap_or_default();
        let source: String = rest
            .iter()
            .take_while(|c| **c != '\n')
            .filter(|c| **c != '\r')
            .collect();
        let column = begin - line_begin + 1;
        let extent: String = self
            .text
            .get(begin..self.at)
            .unwrap_or_default()
            .iter()
            .take_while(|c| **c != '\n')
            .collect();
        Place {
            line: before.iter().filter(|c| **c == '\n').count() + 1,
            column,
            length: extent.trim_end().chars().count(),
            source,
        }
    }

    fn error(&self, message: &str, id: Option<&'static str>) -> SyntaxError {
        SyntaxError {
            message: message.to_owned(),
            id,
            place: self.place(self.at),
        }
    }

    fn unexpected(&self, found: char) -> SyntaxError {
        self.error(
            &format!("Unexpected token '{found}' in expression or statement."),
            Some("UnexpectedToken"),
        )
    }

    /// PowerShell would take it.
    fn beyond(&self, what: &str) -> SyntaxError {
        self.error(
            &format!("this console knows commands, variables and strings, but not {what}"),
            None,
        )
    }
}

/// What a backtick makes of a character in a double-quoted string.
const fn escaped(c: char) -> char {
    match c {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        '0' => '\0',
        other => other,
    }
}

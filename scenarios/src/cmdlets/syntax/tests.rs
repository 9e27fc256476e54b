//! Lines as administrators type them, and what is no line.

use super::*;

fn only(text: &str) -> Statement {
    let mut statements = parse(text).expect("a script");
    assert_eq!(statements.len(), 1, "{text}");
    statements.remove(0)
}

fn command(text: &str) -> Command {
    match only(text).pipeline.into_iter().next() {
        Some(Stage::Command(command)) => command,
        other => panic!("{other:?}"),
    }
}

#[test]
fn parameters_come_with_blank_colon_or_alone() {
    let set = command(
        "Set-AzureADKerberosServer -Domain $domain -UserPrincipalName:'o@x.example' -RotateServerKey",
    );
    assert_eq!(set.name, "Set-AzureADKerberosServer");
    let names: Vec<_> = set
        .elements
        .iter()
        .map(|element| match element {
            Element::Parameter { name, value } => (name.as_str(), value.is_some()),
            Element::Argument(_) => ("", true),
        })
        .collect();
    assert_eq!(
        names,
        [
            ("Domain", false),
            ("", true),
            ("UserPrincipalName", true),
            ("RotateServerKey", false)
        ]
    );
}

#[test]
fn a_backtick_joins_lines_and_a_comment_ends_one() {
    let text = "Set-AzureADKerberosServer ` \n  -Domain ad.x.example\n";
    assert_eq!(
        parse(text).expect_err("a blank behind the backtick").id,
        Some("MissingExpressionAfterOperator")
    );
    let text = "Set-AzureADKerberosServer `\r\n  -Domain ad.x.example # the root\r\n$a = 1; $b = 2";
    let statements = parse(text).expect("three statements");
    assert_eq!(statements.len(), 3);
    assert_eq!(statements[0].place.line, 1);
    assert_eq!(statements[1].place.line, 3);
    assert_eq!(statements[2].place.column, 9);
}

#[test]
fn a_line_copied_from_a_web_page_is_the_line_that_was_meant() {
    let plain = "Set-AzureADKerberosServer -Domain \"ad.x.example\" -CloudCredential 'it''s' -Rotate";
    let copied =
        "Set-AzureADKerberosServer\u{a0}–Domain “ad.x.example” —CloudCredential ‘it‘’s’\u{2009}―Rotate";
    let (plain, copied) = (command(plain), command(copied));
    assert_eq!(copied.name, plain.name);
    assert_eq!(copied.elements.len(), plain.elements.len());
    let named = |element: &Element| matches!(element, Element::Parameter { name, .. } if name == "Domain");
    assert!(copied.elements.iter().any(named), "{copied:?}");
    // within quotes and words they are themselves, and of two quotes the second is kept
    assert!(
        copied
            .elements
            .contains(&Element::Argument(Expression::text("it’s"))),
        "{copied:?}"
    );
    let kept = command("say 'a–b “c”' d–e");
    let argument = |text: &str| Element::Argument(Expression::text(text));
    assert_eq!(kept.elements, [argument("a–b “c”"), argument("d–e")]);
}

#[test]
fn strings_hold_variables_only_in_double_quotes() {
    let Stage::Expression(Expression::Text(pieces)) = &only(r##""a$domain`$x""..""##).pipeline[0] else {
        panic!("a string");
    };
    assert_eq!(
        pieces[..],
        [
            Piece::Text("a".into()),
            Piece::Value(Expression::Variable("domain".into())),
            Piece::Text("$x\"..".into())
        ]
    );
    let Stage::Expression(single) = &only("'it''s $domain'").pipeline[0] else {
        panic!("a string");
    };
    assert_eq!(*single, Expression::text("it's $domain"));
}

#[test]
fn the_line_for_tls_is_an_assignment() {
    let line = "[Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol \
                -bor [Net.SecurityProtocolType]::Tls12";
    let statement = only(line);
    assert_eq!(
        statement.target,
        Some(Expression::Static(
            "Net.ServicePointManager".into(),
            "SecurityProtocol".into()
        ))
    );
    let [Stage::Expression(Expression::Either(_, tls))] = &statement.pipeline[..] else {
        panic!("an expression");
    };
    assert_eq!(
        **tls,
        Expression::Static("Net.SecurityProtocolType".into(), "Tls12".into())
    );
}

#[test]
fn environment_members_and_parentheses() {
    assert_eq!(
        only("$domain = $env:UserDnsDomain").pipeline,
        [Stage::Expression(Expression::Environment("USERDNSDOMAIN".into()))]
    );
    let statement = only("(Get-AzureADKerberosServer -Domain x -UserPrincipalName y).KeyVersion");
    assert!(matches!(
        &statement.pipeline[..],
        [Stage::Expression(Expression::Member(_, name))] if name == "KeyVersion"
    ));
    let statement = only("Get-X | Format-List Id, CloudId");
    assert_eq!(statement.pipeline.len(), 2);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let error = parse("$a = 'open").expect_err("no end");
    assert_eq!(error.id, Some("TerminatorExpectedAtEndOfString"));
    assert_eq!(error.place.column, 6);
    assert_eq!(
        parse("Get-X | ").expect_err("nothing").id,
        Some("EmptyPipeElement")
    );
    assert_eq!(parse("Set-X @parameters").expect_err("splatting").id, None);
    assert_eq!(
        parse("$a =").expect_err("nothing").id,
        Some("ExpectedValueExpression")
    );
    let deep = "(".repeat(100);
    assert!(parse(&deep).is_err());
}

/// Chains nest, and whoever goes through them (their destructor as well) does so by recursion.
#[test]
fn what_is_longer_than_anybody_types_is_refused() {
    for count in [200, 50_000] {
        for (begin, again) in [
            ("$a", ".b"),
            ("$a = 1", " -bor 1"),
            ("Get-X", " | fl"),
            ("Get-X 1", ",1"),
            ("Get-X", " 1"),
            ("Get-X", " -a"),
            ("\"", "$a"),
            ("", "("),
            ("", "a;"),
            ("", "a\n"),
        ] {
            let text = format!("{begin}{}", again.repeat(count.max(300)));
            let error = parse(&text).expect_err(again);
            assert!(error.id.is_none() || again == "$a", "{again}: {error}");
            assert!(error.place.source.len() <= LINE_MAX, "{again}");
        }
    }
    let word = "x".repeat(LINE_MAX + 1);
    assert_eq!(parse(&word).expect_err("a long line").id, None);
}

#[test]
fn just_as_much_as_a_statement_may_have_is_read() {
    let members = |count| parse(&format!("$a{}", ".b".repeat(count)));
    assert!(members(PARTS_MAX).is_ok());
    assert!(members(PARTS_MAX + 1).is_err());
    let two = format!("$a{0}; $a{0}", ".b".repeat(PARTS_MAX));
    assert_eq!(parse(&two).expect("each counts alone").len(), 2);
    assert!(parse(&"a\n".repeat(STATEMENTS_MAX)).is_ok());
    assert!(parse(&"a\n".repeat(STATEMENTS_MAX + 1)).is_err());
    assert!(parse(&"x".repeat(LINE_MAX)).is_ok());
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]

    #[test]
    fn no_repetition_overflows(
        begin in r#"[-a-z$'"(.]{0,4}"#,
        again in r#"( -bor )?[-a-z$:'"`(){}|;,.\[\]= \n]{1,5}"#,
        count in 1_usize..20_000,
    ) {
        let _ = parse(&format!("{begin}{}", again.repeat(count)));
    }

    #[test]
    fn no_text_panics(text in r#"[-a-z$:'"`(){}|;,.\[\]= \n\r@&#0-9]{0,60}"#) {
        let _ = parse(&text);
    }
}

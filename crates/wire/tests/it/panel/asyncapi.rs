//! `docs/asyncapi.yaml`, for programs. Its schemas are made from the tables of the code, its
//! examples are those of the document.

use std::fmt::Write as _;

use wire::panel::{Document, Evt, Field, Format, Group, Kind};

use super::{PAYLOADS, Payload, examples, must_be, of_topic, read};

const NAME: &str = "asyncapi.yaml";

/// Behind this line everything is made.
const MADE: &str = "  schemas:\n    # Made from the code, and the examples from panel-protocol.md, \
                    up to the end of the file.\n";

#[test]
fn its_schemas_are_those_of_the_code() {
    let file = read(NAME);
    let (by_hand, _) = file.split_once(MADE).unwrap();
    let mut made = format!("{by_hand}{MADE}");
    for payload in PAYLOADS {
        let groups = if payload.topic == Evt::TOPIC {
            Evt::GROUPS
        } else {
            &[]
        };
        let mut schema = Yaml::default();
        schema.line(2, format_args!("{}:", payload.topic));
        schema.object(3, payload.fields);
        schema.groups(groups);
        schema.line(3, format_args!("examples:"));
        for example in examples(payload.topic) {
            schema.line(4, format_args!("- {example}"));
        }
        made += &schema.0;
    }
    must_be(NAME, &made);
}

#[test]
fn each_of_its_examples_is_read() {
    let file = read(NAME);
    let (by_hand, made) = file.split_once(MADE).unwrap();
    let mut topic = "";
    let mut count = 0;
    for line in made.lines() {
        if let Some(name) = line
            .strip_prefix("    ")
            .filter(|name| !name.starts_with(' '))
        {
            topic = name.trim_end_matches(':');
        } else if let Some(example) = line.strip_prefix("        - {") {
            let example = format!("{{{example}");
            let read = (of_topic(topic).decode)(Format::Json, example.as_bytes());
            assert_eq!(read, Ok(()), "{example}");
            count += 1;
        }
    }
    assert!(count >= 8, "only {count} examples");
    let (_, will) = by_hand.split_once("message: '").unwrap();
    let (will, _) = will.split_once('\'').unwrap();
    assert_eq!(
        (of_topic("conn").decode)(Format::Json, will.as_bytes()),
        Ok(())
    );
}

#[test]
fn every_payload_has_its_channel_and_its_message() {
    let file = read(NAME);
    for Payload { topic, .. } in PAYLOADS {
        for part in [
            format!("    address: ap/v1/{{account}}/{topic}\n"),
            format!("      $ref: \"#/channels/{topic}\"\n"),
            format!("        $ref: \"#/components/schemas/{topic}\"\n"),
        ] {
            assert_eq!(file.matches(&part).count(), 1, "{part}");
        }
    }
}

/// Lines of YAML, two blanks for each level.
#[derive(Default)]
struct Yaml(String);

impl Yaml {
    fn line(&mut self, level: usize, text: std::fmt::Arguments<'_>) {
        writeln!(self.0, "{:1$}{text}", "", 2 * level).unwrap();
    }

    fn object(&mut self, level: usize, fields: &[Field]) {
        self.line(level, format_args!("type: object"));
        let required: Vec<&str> = fields
            .iter()
            .filter(|field| field.required)
            .map(|field| field.name)
            .collect();
        if !required.is_empty() {
            self.line(level, format_args!("required: {required:?}"));
        }
        self.line(level, format_args!("properties:"));
        for field in fields {
            // In quotes: `n` and `on` are no texts for readers of YAML 1.1.
            self.line(level + 1, format_args!("{:?}:", field.name));
            self.line(level + 2, format_args!("description: {:?}", field.about));
            self.kind(level + 2, &field.kind);
        }
    }

    fn kind(&mut self, level: usize, kind: &Kind) {
        let mut line = |text: std::fmt::Arguments<'_>| self.line(level, text);
        match kind {
            Kind::Whole { least, most } => {
                line(format_args!("type: integer"));
                line(format_args!("minimum: {least}"));
                line(format_args!("maximum: {most}"));
            }
            Kind::Decimal { least, most } => {
                line(format_args!("type: number"));
                line(format_args!("minimum: {least}"));
                line(format_args!("maximum: {most}"));
            }
            Kind::Flag => line(format_args!("type: boolean")),
            Kind::Choice(words) => {
                line(format_args!("type: string"));
                line(format_args!("enum: {words:?}"));
            }
            Kind::Word(form) => {
                line(format_args!("type: string"));
                line(format_args!("pattern: {:?}", form.pattern()));
            }
            Kind::Text { most } => {
                line(format_args!("type: string"));
                line(format_args!("maxLength: {most} # octets of UTF-8"));
            }
            Kind::List { most, of } => {
                line(format_args!("type: array"));
                line(format_args!("maxItems: {most}"));
                line(format_args!("items:"));
                self.object(level + 1, of);
            }
        }
    }

    fn groups(&mut self, groups: &[Group]) {
        for group in groups {
            if group.required {
                self.line(3, format_args!("oneOf:"));
                for name in group.names {
                    self.line(4, format_args!("- required: [{name:?}]"));
                }
                continue;
            }
            self.line(3, format_args!("not:"));
            self.line(4, format_args!("anyOf:"));
            for (at, one) in group.names.iter().enumerate() {
                for other in &group.names[at + 1..] {
                    self.line(5, format_args!("- required: [{one:?}, {other:?}]"));
                }
            }
        }
    }
}

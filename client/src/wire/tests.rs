use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::wire::*;

fn url(write: impl Fn(&mut Url)) -> String {
    let mut url = Url::new("http://a/");
    write(&mut url);
    url.finish().expect("a URL")
}

/// The rows of the table in OpenAPI 3.0.4, section 4.7.12.4, and of what has no row there.
#[test]
fn parameters_in_every_style() {
    let (text, list) = (json!("a b/é"), json!(["blue", "bl,ack"]));
    let members = json!({"R": 100, "G": 200});
    let nested = json!({"a": {"b": [1, 2]}, "c": null});
    let rows: [(Style, bool, &Value, &str, &str); 20] = [
        (Style::Simple, false, &text, "a%20b%2F%C3%A9", ""),
        (Style::Simple, false, &list, "blue,bl%2Cack", ""),
        (Style::Simple, false, &members, "R,100,G,200", ""),
        (Style::Simple, true, &members, "R=100,G=200", ""),
        (Style::Label, false, &list, ".blue,bl%2Cack", ""),
        (Style::Label, true, &list, ".blue.bl%2Cack", ""),
        (Style::Label, true, &members, ".R=100.G=200", ""),
        (Style::Matrix, false, &text, ";color=a%20b%2F%C3%A9", ""),
        (Style::Matrix, false, &list, ";color=blue,bl%2Cack", ""),
        (Style::Matrix, true, &list, ";color=blue;color=bl%2Cack", ""),
        (Style::Matrix, true, &members, ";R=100;G=200", ""),
        (Style::Form, true, &text, "", "?color=a%20b%2F%C3%A9"),
        (Style::Form, true, &list, "", "?color=blue&color=bl%2Cack"),
        (Style::Form, false, &list, "", "?color=blue,bl%2Cack"),
        (Style::Form, true, &members, "", "?R=100&G=200"),
        (Style::Form, false, &members, "", "?color=R,100,G,200"),
        (Style::Space, false, &list, "", "?color=blue%20bl%2Cack"),
        (Style::Pipe, false, &list, "", "?color=blue|bl%2Cack"),
        (Style::Deep, true, &nested, "", "?color[a][b]=1&color[a][b]=2"),
        (Style::Json, false, &members, "", "?color=%7B%22R%22%3A100%2C%22G%22%3A200%7D"),
    ];
    for (style, explode, value, in_path, in_query) in rows {
        let written = match in_query {
            "" => url(|url| {
                url.literal("/");
                url.variable("color", style, explode, value);
            }),
            _ => url(|url| url.query("color", style, explode, false, value)),
        };
        let expected = if in_query.is_empty() { format!("/{in_path}") } else { in_query.to_owned() };
        assert_eq!(written, format!("http://a{expected}"), "{style:?} {explode} {value}");
    }
}

#[test]
fn what_has_no_value_is_not_sent() {
    let written = url(|url| {
        url.fixed("action=x");
        url.query("a", Style::Form, true, false, &None::<i64>);
        url.query("b", Style::Form, true, false, &Vec::<i64>::new());
        url.query("c", Style::Form, true, true, "x/y?");
        url.whole_query(&json!({"d": [1, 2], "e": null}));
    });
    assert_eq!(written, "http://a?action=x&c=x/y?&d=1&d=2");
}

#[test]
fn headers_and_cookies() {
    let mut headers = HeaderMap::new();
    header(&mut headers, "X-List", Style::Simple, false, &["a", "b"]).expect("a header");
    header(&mut headers, "X-None", Style::Simple, false, &None::<bool>).expect("nothing");
    cookie(&mut headers, "a", Style::Form, true, &1).expect("a cookie");
    cookie(&mut headers, "b", Style::Form, true, "x y").expect("a cookie");
    assert_eq!(headers["x-list"], "a,b");
    assert_eq!(headers["cookie"], "a=1; b=x%20y");
    assert_eq!(headers.len(), 2);
    assert!(header(&mut headers, "X\r\nEvil", Style::Simple, false, "a").is_err());
    assert!(header(&mut headers, "X-Evil", Style::Simple, false, "a\r\nb: c").is_err());
}

#[test]
fn forms_and_parts() {
    let body = json!({"a": [1, 2], "b": {"c": "d e"}, "n": null, "p": ["x", "y"]});
    let written = form(&body, &[("p", Style::Pipe, false)]).expect("a form");
    assert_eq!(written, "a=1&a=2&b=%7B%22c%22%3A%22d%20e%22%7D&p=x|y");
    let bytes: Vec<u8> = (0..=255).collect();
    let file = File { content_type: "image/png".to_owned(), ..File::new("a\"\r\n.png", bytes.clone()) };
    let again: File = serde_json::from_value(serde_json::to_value(&file).expect("JSON")).expect("a file");
    assert_eq!(again, file);
    let body = json!({"text": "--counterfoil", "file": file, "list": [{"a": 1}]});
    let (media, written) = multipart(&body, &[("text", "text/csv")]).expect("parts");
    assert_eq!(media, "multipart/form-data; boundary=counterfoilx");
    let expected = [
        b"--counterfoilx\r\nContent-Disposition: form-data; name=\"text\"\r\nContent-Type: text/csv\r\n\r\n--counterfoil\r\n".to_vec(),
        b"--counterfoilx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a%22%0D%0A.png\"\r\nContent-Type: image/png\r\n\r\n".to_vec(),
        bytes,
        b"\r\n--counterfoilx\r\nContent-Disposition: form-data; name=\"list\"\r\nContent-Type: application/json\r\n\r\n{\"a\":1}\r\n--counterfoilx--\r\n".to_vec(),
    ];
    assert_eq!(String::from_utf8_lossy(&written), String::from_utf8_lossy(&expected.concat()));
}

import Testing
import WaybillCore

@Suite struct `Addresses of sources` {
    @Test(arguments: [
        ("https://Models.Example.com", "https://models.example.com/"),
        ("https://models.example.com:443/a?b=c", "https://models.example.com/a?b=c"),
        ("HTTP://127.0.0.1:8080/a%20b", "http://127.0.0.1:8080/a%20b"),
        ("https://[::1]:8443?x", "https://[::1]:8443/?x"),
        ("https://[::ffff:10.0.0.1]/", "https://[::ffff:10.0.0.1]/"),
    ])
    func `an address is written in one way`(_ text: String, _ written: String) throws {
        #expect(try WebAddress(parsing: text).text == written)
    }

    @Test(arguments: [
        ("ftp://models.example.com/a", "'ftp://models.example.com/a' is no address; expected 'https://HOST/PATH'"),
        (
            "https://ann:secret@models.example.com/a",
            "an address has a user or a password in it; remove it, and name the secret's file or environment variable in "
                + "'sources.credentials' of waybill.yaml"
        ),
        ("https://models.example.com/a#b", "'https://models.example.com/a#b' has a '#'; leave it and what follows out"),
        (
            "https://models.example.com/a b",
            "'https://models.example.com/a b' has a character that an address must write as '%' and two hex digits, such as a space"
        ),
        ("https://models.example.com:0/", "'models.example.com:0' has no port from 1 to 65535 after its ':'"),
        ("https://2130706433/", "'2130706433' is no IPv4 address; expected four numbers from 0 to 255"),
        ("https://0x7f.1/", "'0x7f.1' is no IPv4 address; expected four numbers from 0 to 255"),
        ("https://127.0.0.01/", "'127.0.0.01' is no IPv4 address; expected four numbers from 0 to 255"),
        ("https:///a", "'' is no host; expected a name such as 'models.example.com', or an IP address"),
        (
            "https://exämple.com/",
            "'exämple.com' is no host; expected a name such as 'models.example.com', or an IP address"
        ),
        ("https://[::1::]/", "'[::1::]' is no IPv6 address"), ("https://[1:2:3]/", "'[1:2:3]' is no IPv6 address"),
        ("https://[:::1]/", "'[:::1]' is no IPv6 address"), ("https://[::1.2.3]/", "'[::1.2.3]' is no IPv6 address"),
        ("https://[1:2:3:4:5:6:7:8:9]/", "'[1:2:3:4:5:6:7:8:9]' is no IPv6 address"),
    ])
    func `what readers of addresses disagree on is refused`(_ text: String, _ message: String) {
        #expect(throws: InvalidInput(message)) { try WebAddress(parsing: text) }
    }

    @Test(arguments: [
        ("/x?y", "https://a.example/x?y"), ("x", "https://a.example/one/x"), ("../x", "https://a.example/x"),
        ("../../../x", "https://a.example/x"), ("./x/./y/", "https://a.example/one/x/y/"),
        ("?q", "https://a.example/one/two?q"),
        ("//b.example/z", "https://b.example/z"), ("https://b.example/z#part", "https://b.example/z"),
        ("", "https://a.example/one/two?old"),
    ])
    func `a redirect is read from where it came`(_ location: String, _ target: String) throws {
        #expect(try WebAddress(parsing: "https://a.example/one/two?old").resolving(location).text == target)
    }

    private static let commit = String(repeating: "0a", count: 20)

    @Test(arguments: [
        "https://models.example.com/churn/model.onnx?download=true", "hf:org/name@\(commit)/onnx/model.onnx",
        "hf:gpt2@\(commit)/config.json", "hf:datasets/org/name@\(commit)/a b.csv",
        "mlflow:models:/churn/3#model/model.pkl",
        "mlflow://mlflow.example.com:5000/models:/churn%20model/3#model.pkl",
    ])
    func `a source that names its bytes for good is taken`(_ text: String) throws {
        #expect(try ArtifactSource(parsing: text).description == text)
    }

    @Test(arguments: [
        (
            "https://h.example/a?X-Amz-Signature=abc",
            "https://h.example/a?… has a secret in its query ('x-amz-signature'), which everyone who reads the manifest could use; leave it out and give the host a credential in 'sources.credentials' of waybill.yaml"
        ),
        (
            "hf:org/name@main/model.onnx",
            "'hf:org/name@main/model.onnx' follows 'main', which may be another commit tomorrow; run 'waybill pin' on this file, which writes the commit of 40 digits in its place"
        ),
        (
            "hf:org/name/model.onnx",
            "'hf:org/name/model.onnx' names no revision; expected 'hf:ORG/NAME@COMMIT/PATH', or 'hf:datasets/ORG/NAME@COMMIT/PATH'"
        ),
        (
            "hf:a/b/c@\(commit)/x",
            "'hf:a/b/c@\(commit)/x': 'a/b/c' is no name of a repository; expected 'hf:ORG/NAME@COMMIT/PATH', or 'hf:datasets/ORG/NAME@COMMIT/PATH'"
        ),
        (
            "hf:org/name@\(commit)",
            "'hf:org/name@\(commit)' names no file; expected 'hf:ORG/NAME@COMMIT/PATH', or 'hf:datasets/ORG/NAME@COMMIT/PATH'"
        ),
        ("hf:org/name@\(commit)/../x", "'hf:org/name@\(commit)/../x': '../x' leads out of its folder by '..'"),
        (
            "mlflow:models:/churn@champion#model.pkl",
            "'mlflow:models:/churn@champion#model.pkl' follows the alias 'champion', which may be another version tomorrow; run 'waybill pin' on this file, which writes the version's number in its place"
        ),
        (
            "mlflow:models:/churn/Production#model.pkl",
            "'mlflow:models:/churn/Production#model.pkl': 'Production' is no number of a version, and stages move; name the number, or an alias as 'NAME@ALIAS' and run 'waybill pin'"
        ),
        (
            "mlflow:models:/churn/3",
            "'mlflow:models:/churn/3'; expected 'mlflow:models:/NAME/VERSION#PATH' or 'mlflow://HOST/models:/NAME/VERSION#PATH'"
        ),
    ])
    func `a source that moves or is malformed is refused`(_ text: String, _ message: String) {
        #expect(throws: InvalidInput(message)) { try ArtifactSource(parsing: text) }
    }

    @Test func `percent-encoding goes both ways`() {
        #expect(Percent.encoded("a b/ü~", keeping: "/") == "a%20b/%C3%BC~")
        #expect(Percent.decoded("a%20b/%C3%BC~") == "a b/ü~")
        #expect(Percent.decoded("%2") == nil)
        #expect(Percent.decoded("%FF") == nil)
    }
}

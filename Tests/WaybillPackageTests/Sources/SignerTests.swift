import Testing
import WaybillCore

@testable import WaybillPackage

@Suite struct `Signatures of AWS` {
    struct Vector: CustomTestStringConvertible {
        let testDescription: String
        var method = "GET"
        var target = "/"
        var headers: [(name: String, value: String)] = []
        let signature: String
    }

    /// From the published suite of Signature Version 4: the same host, time and secret for all.
    static let vectors = [
        Vector(
            testDescription: "get-vanilla",
            signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        Vector(
            testDescription: "get-vanilla-query-order-key-case", target: "/?Param2=value2&Param1=value1",
            signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
        Vector(
            testDescription: "get-utf8", target: "/%E1%88%B4",
            signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
        Vector(
            testDescription: "get-unreserved",
            target: "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            signature: "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"),
        Vector(
            testDescription: "get-header-value-trim",
            headers: [("My-Header1", " value1"), ("My-Header2", " \"a   b   c\"")],
            signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
        Vector(
            testDescription: "post-vanilla", method: "POST",
            signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ]

    @Test(arguments: vectors.indices)
    func `the published suite's answers are ours`(_ index: Int) {
        let vector = Self.vectors[index]
        let signer = AWSSigner(
            credentials: AWSCredentials(key: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            region: "us-east-1", service: "service")
        let time = "20150830T123600Z"
        let found = signer.authorization(
            vector.method, vector.target,
            headers: [("Host", "example.amazonaws.com"), ("X-Amz-Date", time)] + vector.headers,
            payload: AWSSigner.empty,
            time: time)
        #expect(found.hasSuffix(", Signature=\(vector.signature)"), "\(vector): \(found)")
        #expect(found.hasPrefix("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "))
    }

    @Test func `the example of S3's own documentation is ours`() {
        let signer = AWSSigner(
            credentials: AWSCredentials(
                key: "AKIAIOSFODNN7EXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            region: "us-east-1")
        let time = "20130524T000000Z"
        let found = signer.authorization(
            "GET", "/test.txt",
            headers: [
                ("host", "examplebucket.s3.amazonaws.com"), ("range", "bytes=0-9"),
                ("x-amz-content-sha256", AWSSigner.empty), ("x-amz-date", time),
            ], payload: AWSSigner.empty, time: time)
        #expect(
            found == "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
                + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
                + "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
        #expect(Timestamp(milliseconds: 1_369_353_600_999).compact == time)
    }
}

@Suite struct `Addresses of objects` {
    @Test(arguments: [
        ("s3://models/churn/1.0/m.bin", "models", "churn/1.0/m.bin", nil),
        ("s3://my.models/a b+ü.bin?versionId=3/L4kqtJlcpXro", "my.models", "a b+ü.bin", "3/L4kqtJlcpXro"),
    ])
    func `an object has a bucket, a key and perhaps a version`(
        _ text: String, _ bucket: String, _ key: String, _ version: String?
    ) throws {
        let object = try S3Address(parsing: text)
        #expect(object.bucket == bucket && object.key == key && object.version == version)
        #expect(object.description == text)
        #expect(try ArtifactSource(parsing: text).description == text)
    }

    @Test(arguments: [
        ("s3://models", "'s3://models' is no object; expected 's3://BUCKET/KEY'"),
        ("s3://Models/a", "'Models' is no bucket; it has 3 to 63 lowercase letters, digits, '.' and '-'"),
        ("s3://models/", "'' is no object's key; it has 1 to 1024 bytes and no control characters"),
        (
            "s3://models/a/../b",
            "the key 'a/../b' has a '.' or '..' part, or ends with '/'; servers take such for another"
        ),
        (
            "s3://models/a?X-Amz-Signature=secret",
            "'s3://models/a' has more than '?versionId=ID' after its key; signed addresses do not belong in a manifest, and keys "
                + "with a '?' cannot be named"
        ),
    ])
    func `a wrong one is told what is right`(_ text: String, _ message: String) {
        #expect(throws: InvalidInput(message)) { try ArtifactSource(parsing: text) }
    }

    struct Style: CustomTestStringConvertible {
        let testDescription: String
        var endpoint: String?
        var usesPaths: Bool?
        var variables: [String: String] = [:]
        var object = "s3://models/a b.bin"
        let address: String
    }

    static let styles = [
        Style(testDescription: "AWS", address: "https://models.s3.us-east-1.amazonaws.com/a%20b.bin"),
        Style(
            testDescription: "a region of the environment", variables: ["AWS_REGION": "eu-central-1"],
            address: "https://models.s3.eu-central-1.amazonaws.com/a%20b.bin"),
        Style(
            testDescription: "a bucket with dots", object: "s3://my.models/a?versionId=x/y",
            address: "https://s3.us-east-1.amazonaws.com/my.models/a?versionId=x%2Fy"),
        Style(
            testDescription: "a store of one's own", endpoint: "http://127.0.0.1:9000",
            address: "http://127.0.0.1:9000/models/a%20b.bin"),
        Style(
            testDescription: "its buckets as hosts", endpoint: "https://store.example/base/", usesPaths: false,
            address: "https://models.store.example/base/a%20b.bin"),
        Style(
            testDescription: "an endpoint of the environment", variables: ["AWS_ENDPOINT_URL": "https://store.example"],
            address: "https://store.example/models/a%20b.bin"),
    ]

    @Test(arguments: styles.indices)
    func `its address is in the style of the store`(_ index: Int) throws {
        let style = Self.styles[index]
        let settings = try S3Settings(
            endpoint: try style.endpoint.map { try WebAddress(parsing: $0) }, usesPaths: style.usesPaths,
            variables: style.variables)
        #expect(settings.address(of: try S3Address(parsing: style.object)).text == style.address, "\(style)")
    }
}

import NIOHTTP1
import Testing
import WaybillCore

@testable import WaybillPackage

@Suite struct `Who is reached how` {
    @Test(arguments: [
        ("https://models.example.com/", "p.example:3128"), ("http://models.example.com/", "h.example:80"),
        ("https://localhost/", nil), ("https://127.0.0.1/", nil), ("https://internal.example/", nil),
        ("https://a.internal.example/", nil), ("https://notinternal.example/", "p.example:3128"),
        ("https://10.1.2.3/", nil),
        ("https://11.1.2.3/", "p.example:3128"), ("https://other.example:8443/", nil),
        ("https://other.example/", "p.example:3128"),
    ])
    func `proxies and their exceptions are those of the environment`(_ text: String, _ proxy: String?) throws {
        let rules = try ProxyRules(environment: [
            "HTTPS_PROXY": "http://p.example:3128", "http_proxy": "h.example", "HTTP_PROXY": "http://never.example",
            "NO_PROXY": "internal.example, 10.0.0.0/8,other.example:8443,,???",
        ])
        #expect(rules.proxy(for: try WebAddress(parsing: text))?.description == proxy)
    }

    @Test func `a configured proxy stands before the environment's, and none is none`() throws {
        let variables = ["HTTPS_PROXY": "http://p.example:3128", "no_proxy": "*"]
        let address = try WebAddress(parsing: "https://models.example.com/")
        #expect(try ProxyRules(environment: variables).proxy(for: address) == nil)
        #expect(
            try ProxyRules(environment: [:], configured: "http://ann:s@c.example:1").proxy(for: address)?.description
                == "c.example:1")
        #expect(
            try ProxyRules(environment: ["HTTPS_PROXY": "http://p.example:3128"], configured: "none").proxy(
                for: address) == nil)
        #expect(
            throws: InvalidInput(
                "HTTPS_PROXY: only proxies of the form 'http://HOST:PORT' are used; to a source through it TLS is spoken all the same"
            )
        ) {
            try ProxyRules(environment: ["HTTPS_PROXY": "socks5://p.example:1080"])
        }
    }

    @Test(arguments: [
        ("127.1.2.3", NetworkPlace.loopback), ("localhost", .loopback), ("a.localhost", .loopback), ("::1", .loopback),
        ("0.0.0.0", .loopback),
        ("::ffff:127.0.0.1", .loopback), ("169.254.169.254", .link), ("fe80::1", .link), ("fd00:ec2::254", .link),
        ("metadata.google.internal", .link), ("64:ff9b::a9fe:a9fe", .link), ("10.0.0.1", .near), ("172.31.0.1", .near),
        ("fd12::1", .near),
        ("172.32.0.1", .far), ("8.8.8.8", .far), ("2600::1", .far),
    ])
    func `addresses are near or far`(_ host: String, _ place: NetworkPlace) {
        #expect(NetworkPlace(host: host) == place)
    }

    @Test func `nobody far away sends us to a machine nearby`() async throws {
        let settings = HTTPSettings()
        let rule = RedirectRule(settings: settings) { (address) throws(Failure) in
            address.host == "near.example" ? .near : address.host == "here.example" ? .loopback : .far
        }
        func next(_ from: String, _ to: String) async throws -> String? {
            let call = HTTPCall("GET", try WebAddress(parsing: from))
            let head = HTTPHead(
                status: 302, headers: ["location": to], address: call.address, redirects: [], credential: nil)
            do throws(Failure) { return try await rule.next(after: call, head)?.address.text } catch {
                return error.reason
            }
        }
        #expect(try await next("https://far.example/", "https://far2.example/") == "https://far2.example/")
        #expect(try await next("https://far.example/", "https://near.example/") == "RedirectRefused")
        #expect(try await next("https://far.example/", "https://here.example/") == "RedirectRefused")
        #expect(try await next("https://near.example/", "https://near.example:8443/") == "https://near.example:8443/")
        #expect(try await next("https://near.example/", "https://here.example/") == "RedirectRefused")
        #expect(try await next("https://here.example/", "https://near.example/") == "https://near.example/")
    }

    @Test(arguments: [
        ("h.example bearer file:/run/token", "file '/run/token'"),
        ("h.example:8443 basic ann variable:PASSWORD", "environment variable 'PASSWORD'"),
    ])
    func `a credential says where its secret is`(_ text: String, _ place: String) throws {
        #expect(try HTTPCredential(parsing: text).description == place)
    }

    @Test(arguments: [
        "h.example s3cret", "h.example bearer s3cret", "h.example basic file:/x", "h.example bearer ann file:/x",
        "h.example bearer file:x",
    ])
    func `a credential that may hold a secret itself is not repeated`(_ text: String) {
        do {
            _ = try HTTPCredential(parsing: text)
            Issue.record("taken")
        } catch { #expect(!error.message.contains("s3cret")) }
    }
}

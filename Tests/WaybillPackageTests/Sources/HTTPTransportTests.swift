import Foundation
import NIOHTTP1
import Synchronization
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

@Suite struct `The HTTP transport` {
    private func failure(_ transport: HTTPTransport, _ address: WebAddress) async -> Failure? {
        do throws(Failure) { _ = try await transport.send(HTTPCall("GET", address)) } catch { return error }
        return nil
    }

    @Test func `a certificate that nobody here believes is a person's matter`() async throws {
        try await WebFixture.with(tls: true) { (web) async throws in
            var settings = web.settings
            settings.caFile = nil
            let failure = await failure(try HTTPTransport(settings), web.address("/file/a"))
            #expect(failure?.disposition == .stall)
            #expect(
                failure?.message
                    == "GET \(web.address("/file/a")): its certificate is not signed by an authority that is believed here, or is out of "
                    + "date; if it is your own server, name its authority's certificate in 'sources.caFile' of waybill.yaml"
            )
        }
    }

    @Test func `a certificate of another host is not believed`() async throws {
        try await WebFixture.with(tls: true, names: "DNS:models.example.com") { (web) async throws in
            #expect(await failure(try HTTPTransport(web.settings), web.address("/file/a"))?.reason == "SourceUntrusted")
            let other = await failure(try HTTPTransport(web.settings), web.address("/file/a", host: "localhost"))
            #expect(other?.reason == "SourceUntrusted")
        }
    }

    /// What cannot be asked, or is not answered.
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String { target }
        var target: String
        var failure: Failure
    }

    @Test(arguments: [
        Case(
            target: "/drop/a",
            failure: Failure(
                .retry, reason: "ConnectionLost", message: "GET HERE/drop/a: the connection was lost before an answer")),
        Case(
            target: "/noise/a",
            failure: Failure(
                .retry, reason: "SourceUnavailable",
                message: "GET HERE/noise/a: the answer is no sound HTTP; is something else listening there?")),
        Case(
            target: "/heads/300/a",
            failure: Failure(
                .stall, reason: "SourceAnswerUnexpected",
                message:
                    "GET HERE/heads/300/a: the head of the answer is larger than any that is meant well"
            )),
        Case(
            target: "/short-heads/250/a",
            failure: Failure(
                .stall, reason: "SourceAnswerUnexpected",
                message: "GET HERE/short-heads/250/a: the head of the answer is larger than any that is meant well")),
        Case(
            target: "/stall/10/a",
            failure: Failure(.retry, reason: "SourceSilent", message: "GET HERE/stall/10/a: nothing came for 2 s")),
        Case(
            target: "/hops/6/a",
            failure: Failure(
                .stall, reason: "RedirectRefused",
                message: "GET HERE/hops/1/model.bin: after 5 redirects there is another one")),
        Case(
            target: "/to/302/a?where=ftp://127.0.0.1/a",
            failure: Failure(
                .stall, reason: "RedirectRefused",
                message:
                    "GET HERE/to/302/a?…: it is sent elsewhere by an address that cannot be used: 'ftp://127.0.0.1/a' is no address; "
                    + "expected 'https://HOST/PATH'")),
        Case(
            target: "/to/302/a?where=http://models.example.com/a",
            failure: Failure(
                .stall, reason: "RedirectRefused",
                message: "GET HERE/to/302/a?…: it is sent to http://models.example.com/a, which is not secured by TLS")),
        Case(
            target: "/to/302/a?where=https://169.254.169.254/latest",
            failure: Failure(
                .stall, reason: "RedirectRefused",
                message:
                    "GET HERE/to/302/a?…: it is sent to '169.254.169.254', which is this link's, where machines keep their own "
                    + "credentials; if that is meant, name the host in 'sources.hosts' of waybill.yaml, together with every other host "
                    + "that sources use")),
        Case(
            target: "/to/302/a?where=https://user:secret@127.0.0.1/a",
            failure: Failure(
                .stall, reason: "RedirectRefused",
                message:
                    "GET HERE/to/302/a?…: it is sent elsewhere by an address that cannot be used: an address has a user or a password "
                    + "in it; remove it, and name the secret's file or environment variable in 'sources.credentials' of waybill.yaml"
            )),
    ])
    func `what is not well is said with its place`(_ test: Case) async throws {
        try await WebFixture.with { (web) async throws in
            var expected = test.failure
            expected.message.replace("HERE", with: "http://127.0.0.1:\(web.server.port)")
            let found = await failure(try HTTPTransport(web.settings), web.address(test.target))
            #expect(found == expected)
        }
    }

    @Test func `places that are never asked`() async throws {
        var settings = HTTPSettings()
        func message(_ text: String) async throws -> String? {
            await failure(try HTTPTransport(settings), try WebAddress(parsing: text))?.message
        }
        #expect(
            try await message("http://models.example.com/a")
                == "http://models.example.com/a: is not secured by TLS; use https, or name 'models.example.com' in "
                + "'sources.plainHosts' of waybill.yaml")
        #expect(
            try await message("https://[fe80::1]/a")
                == "https://[fe80::1]/a: 'fe80::1' is this link's, where machines keep their own credentials; nothing is fetched from there"
        )
        settings.hosts = [try HostPattern(parsing: "*.example.com")]
        #expect(
            try await message("https://example.org/a")
                == "https://example.org/a: 'example.org' is not among 'sources.hosts' of waybill.yaml; add it there if it is meant"
        )
    }

    @Test func `a refused connection and an unknown name are told at once`() async throws {
        let refused = await failure(try HTTPTransport(HTTPSettings()), try WebAddress(parsing: "http://127.0.0.1:9/a"))
        #expect(refused?.message == "GET http://127.0.0.1:9/a: cannot connect: Connection refused")
        #expect(refused?.disposition == .retry)
    }

    @Test func `redirects are followed with their heads kept`() async throws {
        try await WebFixture.with { (web) async throws in
            let transport = try HTTPTransport(web.settings)
            let answer = try await transport.send(HTTPCall("GET", web.address("/hops/5/a")))
            #expect(answer.body == WebFixture.bytes)
            #expect(answer.head.redirects.map(\.status) == [302, 302, 302, 302, 302])
            var call = HTTPCall("GET", web.address("/hops/5/a"))
            call.followsRedirects = false
            #expect(try await transport.send(call).head.header("location") == "/hops/4/model.bin")
        }
    }

    @Test func `nothing secret goes along to another host`() async throws {
        try await WebFixture.with { (web) async throws in
            var web = web
            setenv("WAYBILL_TEST_SOURCE_TOKEN", "s3cret", 1)
            web.settings.credentials = [
                try HTTPCredential(parsing: "127.0.0.1 bearer variable:WAYBILL_TEST_SOURCE_TOKEN")
            ]
            // The same server under another name is another host.
            let there = "http://localhost:\(web.server.port)/file/b"
            let call = HTTPCall(
                "GET", web.address("/to/302/a?where=\(there)"), headers: ["x-secret": "mine", "range": "bytes=9990-"])
            let transport = try HTTPTransport(web.settings)
            let answer = try await transport.send(call)
            #expect(answer.body == Array(WebFixture.bytes[9990...]))
            // To the same host they do go along.
            _ = try await transport.send(
                HTTPCall("GET", web.address("/to/302/a?where=/file/c"), headers: ["x-secret": "mine"]))
            #expect(
                web.server.lines.map { $0.split(separator: " ").dropFirst(2).joined(separator: " ") } == [
                    "bytes=9990- - Bearer_s3cret mine", "bytes=9990- - - -", "- - Bearer_s3cret mine",
                    "- - Bearer_s3cret mine",
                ])
        }
    }

    @Test func `a short pause that a host asks for is kept, a long one is told`() async throws {
        try await WebFixture.with { (web) async throws in
            let transport = try HTTPTransport(web.settings)
            let start = ContinuousClock.now
            #expect(try await transport.send(HTTPCall("GET", web.address("/busy/1/a"))).status == 200)
            #expect(ContinuousClock.now - start >= .seconds(1))
            let busy = try await transport.send(HTTPCall("GET", web.address("/status/503/a?after=60")))
            #expect(
                busy.failure("GET").message
                    == "GET \(web.address("/status/503/a?")): HTTP 503 Service Unavailable; it asks to be left alone for 60 s"
            )
            let asked = web.server.lines.count
            let next = await failure(transport, web.address("/file/a"))
            #expect(next?.disposition == .retry)
            let words = "GET \(web.address("/file/a")): the host asked to be left alone for another "
            #expect(next?.message.hasPrefix(words) == true)
            #expect(web.server.lines.count == asked)
        }
    }

    @Test func `a file is sent as a body, and again to where it is redirected`() async throws {
        try await WebFixture.with { (web) async throws in
            let file = web.folder.appending(path: "large.bin")
            let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            try Data(bytes).write(to: file)
            let sent = Atomic(0)
            let call = HTTPCall(
                "PUT", web.address("/to/307/x?where=/upload"),
                body: .file(path: file.path, offset: 5, count: 2_999_990),
                sent: { count in sent.add(count, ordering: .relaxed) })
            let answer = try await HTTPTransport(web.settings).send(call)
            #expect(answer.status == 201)
            #expect(answer.head.header("location") == "/made")
            #expect(web.server.lines.last == "PUT /upload 2999990 \(Digest(of: bytes[5..<2_999_995]).hex) - -")
            #expect(sent.load(ordering: .relaxed) == 2 * 2_999_990)
        }
    }

    @Test func `a proxy is used for other hosts and asked with its password`() async throws {
        try await WebFixture.with(tls: true) { (web) async throws in
            let script = WebFixture.scripts.appending(path: "proxy.py").path
            try await ScriptServer.with("/usr/bin/python3", [script, "ann:pa:ss"], in: web.folder) {
                (proxy) async throws in
                var settings = web.settings
                let address = web.address("/file/a", host: "models.example.com")
                settings.proxies = try ProxyRules(environment: [
                    "HTTPS_PROXY": "http://ann:pa%3Ass@127.0.0.1:\(proxy.port)"
                ])
                #expect(await failure(try HTTPTransport(settings), address) == nil)
                #expect(await failure(try HTTPTransport(settings), web.address("/file/a")) == nil)
                #expect(proxy.lines == ["CONNECT models.example.com:\(web.server.port)"])
                settings.proxies = try ProxyRules(environment: ["https_proxy": "127.0.0.1:\(proxy.port)"])
                #expect(
                    await failure(try HTTPTransport(settings), address)
                        == Failure(
                            .stall, reason: "ProxyRefused",
                            message:
                                "GET \(address): the proxy 127.0.0.1:\(proxy.port) wants a user and a password: put them into its "
                                + "variable"))
            }
        }
    }

    @Test func `arriving bytes are counted against the rate`() {
        let rate = TransferRate(bytesPerSecond: 1000)
        let now = ContinuousClock.now
        #expect(rate.delay(after: 500, now: now) == .milliseconds(500))
        #expect(rate.delay(after: 500, now: now) == .seconds(1))
        #expect(rate.delay(after: 100, now: now + .seconds(5)) == .milliseconds(100))
    }

    @Test func `a file of certificates that is none is refused`() async throws {
        try await withTemporaryFolder { folder in
            let file = folder.appending(path: "ca.pem")
            try Data("nothing".utf8).write(to: file)
            var settings = HTTPSettings()
            settings.caFile = file.path
            #expect(throws: Failure.self) { try HTTPTransport(settings) }
        }
    }
}

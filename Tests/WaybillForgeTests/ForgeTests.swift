import Foundation
import Synchronization
import Testing
import WaybillCore
import WaybillForge
import WaybillTestSupport

/// The adapter against a forge of our own. What is waited for is noted and not slept.
@Suite struct ForgeTests {
    private final class Pauses: Sendable {
        let all = Mutex<[Int64]>([])
        var seconds: [Int64] { all.withLock { $0 } }
    }

    private func with(
        _ kind: ForgeKind = .github, _ body: (Forge, ForgeServer, Pauses) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { (folder) async throws in
            try await ForgeServer.with(kind.rawValue, in: folder) { (server) async throws in
                let place = try ForgePlace(kind: kind, url: server.url, repository: ForgeServer.repository)
                let token = try ForgeToken(file: try server.tokenFile(in: folder))
                let pauses = Pauses()
                let forge = Forge(
                    try ForgeConnection(place, token: token), clock: { Timestamp(milliseconds: 1_000_000_000_000) },
                    sleep: { time in pauses.all.withLock { $0.append(time.components.seconds) } })
                try await body(forge, server, pauses)
            }
        }
    }

    private let draft = RequestDraft(
        title: "Promote churn 1.1.0 to production", body: "a plan", base: "main",
        head: "promote/production/churn-1.1.0")
    private let commit = "0123456789012345678901234567890123456789"

    private func failure(_ body: () async throws -> Void) async -> Failure? {
        do {
            try await body()
            return nil
        } catch { return error as? Failure }
    }

    @Test(arguments: ForgeKind.allCases)
    func `a request is opened once and then brought up to date`(_ kind: ForgeKind) async throws {
        try await with(kind) { forge, server, _ in
            let first = try await forge.open(draft)
            #expect(first.isNew)
            var changed = draft
            changed.body = "another plan"
            let second = try await forge.open(changed)
            #expect(!second.isNew && second.request.number == first.request.number)
            #expect(try await server.values("pulls", "body") == ["another plan"])
            let before = server.exchanges.count
            _ = try await forge.open(changed)
            #expect(server.exchanges.dropFirst(before).allSatisfy { $0.hasPrefix("GET ") })
        }
    }

    @Test(arguments: ForgeKind.allCases)
    func `a comment is edited in place, and stays one`(_ kind: ForgeKind) async throws {
        try await with(kind) { forge, server, _ in
            let number = try await forge.open(draft).request.number
            #expect(try await forge.comment(on: number, HiddenMarker("plan"), "one"))
            #expect(try await forge.comment(on: number, HiddenMarker("plan"), "two"))
            #expect(try await !forge.comment(on: number, HiddenMarker("plan"), "two"))
            #expect(try await server.values("comments", "body") == ["<!-- waybill: plan -->\ntwo"])
        }
    }

    @Test func `a comment of somebody else, or one that quotes the marker, is not ours`() async throws {
        try await with { forge, server, _ in
            let number = try await forge.open(draft).request.number
            try await server.put(
                """
                {"comments": [
                  {"id": 900, "issue": \(number), "body": "<!-- waybill: plan -->\\nforged", "user": {"login": "mallory", "type": "User"}},
                  {"id": 901, "issue": \(number), "body": "> <!-- waybill: plan -->", "user": {"login": "waybill-bot", "type": "User"}}]}
                """)
            try await forge.comment(on: number, HiddenMarker("plan"), "mine")
            #expect(
                try await server.values("comments", "body") == [
                    "<!-- waybill: plan -->\nforged", "> <!-- waybill: plan -->", "<!-- waybill: plan -->\nmine",
                ])
        }
    }

    @Test func `a token of a workflow, which has no user, edits what a bot wrote and nothing else`() async throws {
        try await with { forge, server, _ in
            let number = try await forge.open(draft).request.number
            try await server.put(
                """
                {"comments": [
                  {"id": 900, "issue": \(number), "body": "<!-- waybill: plan -->\\nforged", "user": {"login": "mallory", "type": "User"}},
                  {"id": 901, "issue": \(number), "body": "<!-- waybill: plan -->\\nold", "user": {"login": "waybill-bot", "type": "Bot"}}]}
                """)
            try await server.fail(#"[{"method": "GET", "path": "/user", "status": 403}]"#)
            try await forge.comment(on: number, HiddenMarker("plan"), "new")
            #expect(
                try await server.values("comments", "body") == [
                    "<!-- waybill: plan -->\nforged", "<!-- waybill: plan -->\nnew",
                ])
        }
    }

    @Test(arguments: ForgeKind.allCases)
    func `what stands on a later page is found, and the page's address is not followed`(_ kind: ForgeKind) async throws
    {
        try await with(kind) { forge, server, _ in
            let number = try await forge.open(draft).request.number
            for index in 1...5 { try await forge.comment(on: number, HiddenMarker("other \(index)"), "text") }
            try await forge.comment(on: number, HiddenMarker("plan"), "one")
            try await server.put(#"{"page": 2}"#)
            try await forge.comment(on: number, HiddenMarker("plan"), "two")
            #expect(try await server.values("comments", "body").last == "<!-- waybill: plan -->\ntwo")
            #expect(try await server.values("comments", "body").count == 6)
        }
    }

    @Test func `a list that does not end is refused rather than half read`() async throws {
        try await with { forge, server, _ in
            let link = #"{"link": "<x>; rel=\"next\""}"#
            try await server.fail(
                #"[{"method": "GET", "path": "/pulls", "times": 99, "status": 200, "body": [], "headers": \#(link)}]"#)
            let found = await failure { _ = try await forge.open(draft) }
            #expect(found?.reason == "ForgeUnexpected")
            #expect(server.exchanges.count == 20)
        }
    }

    @Test(arguments: ["before", "after"], ForgeKind.allCases)
    func `an answer that is lost makes nothing twice`(_ when: String, _ kind: ForgeKind) async throws {
        try await with(kind) { forge, server, pauses in
            try await server.fail(
                """
                [{"method": "POST", "path": "/pulls", "drop": "\(when)"}, {"method": "POST", "path": "/comments", "drop": "\(when)"}]
                """)
            let opened = try await forge.open(draft)
            try await forge.comment(on: opened.request.number, HiddenMarker("plan"), "one")
            #expect(try await server.values("pulls", "title") == [draft.title])
            #expect(try await server.values("comments", "body") == ["<!-- waybill: plan -->\none"])
            #expect(pauses.seconds == (when == "before" ? [1, 1] : []))
        }
    }

    @Test func `limits are waited for when they are short, and told when they are long`() async throws {
        try await with { forge, server, pauses in
            try await server.fail(
                """
                [{"method": "GET", "path": "/pulls", "status": 429, "headers": {"Retry-After": "7"}},
                 {"method": "GET", "path": "/pulls", "status": 403,
                  "headers": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1000000029"}},
                 {"method": "POST", "path": "/pulls", "status": 502}]
                """)
            #expect(try await forge.open(draft).isNew)
            #expect(pauses.seconds == [7, 30, 1])
            try await server.fail(
                #"[{"method": "GET", "path": "/pulls", "status": 429, "headers": {"Retry-After": "3600"}}]"#)
            let found = await failure { _ = try await forge.open(draft) }
            #expect(found?.disposition == .retry && found?.reason == "ForgeBusy")
            #expect(
                found?.message
                    == "GET \(server.url)/repos/acme/fleet/pulls: too many requests; it asks to be left alone for 3600 s. Run this again then"
            )
        }
    }

    @Test func `a forge that is gone is told as such after some attempts`() async throws {
        try await with { forge, server, pauses in
            try await server.fail(#"[{"method": "GET", "path": "/pulls", "times": 99, "status": 503}]"#)
            let found = await failure { _ = try await forge.open(draft) }
            #expect(found?.reason == "ForgeUnavailable" && found?.disposition == .retry)
            #expect(pauses.seconds == [1, 2, 4])
        }
    }

    @Test(arguments: [
        (401, "ForgeUnauthorized"), (403, "ForgeForbidden"), (404, "ForgeNotFound"), (422, "ForgeRefused"),
        (301, "ForgeMoved"), (307, "ForgeMoved"), (418, "ForgeUnexpected"),
    ])
    func `a refusal names who, what and why, and never the token`(_ status: Int, _ reason: String) async throws {
        try await with { forge, server, pauses in
            try await server.fail(
                """
                [{"method": "POST", "path": "\(commit)", "status": \(status), "body": {"message": "no\\nway\\u001b[31m"},
                  "headers": {"Location": "http://127.0.0.1:1/steal"}}]
                """)
            let found = await failure {
                try await forge.set(ForgeStatus(.plan, .success, "well"), on: try CommitID(parsing: commit))
            }
            #expect(found?.reason == reason && found?.disposition == .stall)
            #expect(
                found?.message.hasPrefix("POST \(server.url)/repos/acme/fleet/statuses/\(commit): \(status) (no way")
                    == true)
            #expect(found?.message.contains("\u{1b}") == false)
            #expect(found?.message.contains(ForgeServer.token) == false)
            #expect(server.exchanges.count == 1 && pauses.seconds.isEmpty)
        }
    }

    @Test func `a request that is superseded is closed with one comment`() async throws {
        try await with { forge, server, _ in
            let number = try await forge.open(draft).request.number
            try await forge.close(number, saying: "Superseded by #7.")
            try await forge.close(number, saying: "Superseded by #7.")
            #expect(try await server.values("pulls", "state") == ["closed"])
            #expect(try await server.values("comments", "body") == ["<!-- waybill: closed -->\nSuperseded by #7."])
            #expect(try await forge.request(of: draft.head) == nil)
        }
    }

    @Test func `a branch of a fork is not the branch of that name here`() async throws {
        try await with { forge, server, _ in
            try await server.put(
                """
                {"pulls": [{"number": 90, "title": "t", "body": "b", "state": "open", "base": {"ref": "main"},
                  "head": {"ref": "\(draft.head)", "repo": {"full_name": "mallory/fleet"}}},
                 {"number": 91, "title": "t", "body": null, "state": "open", "base": {"ref": "main"},
                  "head": {"ref": "\(draft.head)", "repo": null}}]}
                """)
            #expect(try await forge.request(of: draft.head) == nil)
        }
    }

    @Test func `hostile text stays text, and long text is cut`() async throws {
        try await with { forge, server, _ in
            let number = try await forge.open(draft).request.number
            let hostile = "\"}]\u{0}\u{202e}--><script> @all \u{1f600}"
            try await forge.comment(on: number, HiddenMarker("plan"), hostile)
            #expect(try await server.values("comments", "body") == ["<!-- waybill: plan -->\n\(hostile)"])
            try await forge.comment(on: number, HiddenMarker("plan"), String(repeating: "x", count: 70_000))
            let text = try await server.values("comments", "body").first ?? ""
            #expect(text.unicodeScalars.count == 65_536)
            #expect(text.hasSuffix("\n\n(cut here: it was longer than a forge takes)\n"))
            let status = ForgeStatus(.gates, .pending, String(repeating: "y", count: 200))
            try await forge.set(status, on: try CommitID(parsing: commit))
            #expect(try await server.values("statuses", "description") == [String(repeating: "y", count: 139) + "…"])
        }
    }
}

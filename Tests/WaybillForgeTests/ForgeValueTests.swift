import Foundation
import Testing
import WaybillCore
import WaybillForge
import WaybillTestSupport

/// Questions and decisions as values.
@Suite struct ForgeValueTests {
    @Test(arguments: [
        ("https://api.github.com/", "acme/fleet", "https://api.github.com"),
        ("https://git.example.org:3000/api/v1", "a/b.c_d-e", "https://git.example.org:3000/api/v1"),
        ("http://127.0.0.1:80", "a/b", "http://127.0.0.1:80"), ("http://[::1]:80/x", "a/b", "http://[::1]:80/x"),
    ])
    func `a place that is sound`(_ url: String, _ repository: String, _ base: String) throws {
        let place = try ForgePlace(kind: .github, url: url, repository: repository)
        #expect(place.base == base && place.repository == repository)
    }

    @Test(arguments: [
        ("http://git.example.org", "a/b"), ("ftp://x", "a/b"), ("https://", "a/b"), ("https://user@host", "a/b"),
        ("https://host?x=1", "a/b"), ("https://host", "a"), ("https://host", "a/b/c"), ("https://host", "../b"),
        ("https://host", "a/.."), ("https://host", "a/b?c"), ("https://host", "/b"),
        ("http://127.0.0.1.evil.org", "a/b"),
    ])
    func `a place that a token must not be sent to, or that is none`(_ url: String, _ repository: String) {
        #expect(throws: InvalidInput.self) { try ForgePlace(kind: .gitea, url: url, repository: repository) }
    }

    @Test func `each question is as the API describes it`() throws {
        let (hub, tea) = (
            try ForgePlace(kind: .github, url: "https://api.github.com", repository: "a/b"),
            try ForgePlace(kind: .gitea, url: "https://tea.example.org/api/v1", repository: "a/b")
        )
        let draft = RequestDraft(title: "t", body: "x", base: "main", head: "h")
        let commit = try CommitID(parsing: String(repeating: "a", count: 40))
        let table: [(ForgeCall, String)] = [
            (hub.openRequests(page: 2), "GET /repos/a/b/pulls?state=open&per_page=100&page=2 "),
            (tea.openRequests(page: 2), "GET /repos/a/b/pulls?state=open&limit=50&page=2 "),
            (hub.create(draft), #"POST /repos/a/b/pulls {"base":"main","body":"x","head":"h","title":"t"}"#),
            (hub.update(7, to: draft), #"PATCH /repos/a/b/pulls/7 {"base":"main","body":"x","title":"t"}"#),
            (tea.close(7), #"PATCH /repos/a/b/pulls/7 {"state":"closed"}"#),
            (tea.comments(of: 7, page: 1), "GET /repos/a/b/issues/7/comments?limit=50&page=1 "),
            (hub.comment(on: 7, "x"), #"POST /repos/a/b/issues/7/comments {"body":"x"}"#),
            (hub.edit(comment: 9, "x"), #"PATCH /repos/a/b/issues/comments/9 {"body":"x"}"#),
            (
                hub.set(ForgeStatus(.plan, .pending, "d", target: "https://x"), on: commit),
                #"POST /repos/a/b/statuses/\#(commit.hex) {"context":"waybill/plan","description":"d","state":"pending","#
                    + #""target_url":"https://x"}"#
            ),
            (hub.whoAmI, "GET /user "),
        ]
        for (call, text) in table {
            #expect("\(call.method) \(call.target) \(call.body?.json ?? "")" == text)
        }
    }

    @Test func `a marker cannot be broken out of`() {
        #expect(HiddenMarker("plan --> <b> \u{202e}").description == "<!-- waybill: plan -__ _b_ _ -->")
        #expect(!HiddenMarker("plan").marks("x <!-- waybill: plan -->"))
        #expect(!HiddenMarker("plan").marks(nil))
    }

    @Test(arguments: [
        ("", false), ("<https://x/?page=2>; rel=\"next\"", true), ("<https://x/>; rel=\"prev\", <y>; rel=next", true),
        ("<https://x/?rel=next>; rel=\"last\"", false), (";;;,,", false),
    ])
    func `whether there is a next page`(_ link: String, _ expected: Bool) {
        #expect(ForgeAnswer(status: 200, headers: ["link": link]).hasNextPage == expected)
    }

    @Test(
        arguments: [
            (0o600, "secret\n", nil), (0o400, "secret\r\n", nil),
            (0o640, "secret", "others can read it (mode 640); chmod 600 it"),
            (0o600, "", "it must hold the token on one line and nothing else"),
            (0o600, "sec ret", "it must hold the token on one line and nothing else"),
            (0o600, "a\nb", "it must hold the token on one line and nothing else"),
        ] as [(Int, String, String?)])
    func `a token's file is its owner's alone, and what it holds is never shown`(
        _ mode: Int, _ text: String, _ problem: String?
    ) async throws {
        try await withTemporaryFolder { folder in
            let file = folder.appending(path: "token")
            try Data(text.utf8).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
            do {
                let token = try ForgeToken(file: file.path)
                #expect(problem == nil)
                var dumped = ""
                dump(token, to: &dumped)
                #expect(!"\(token) \(String(reflecting: token)) \(dumped)".contains("secret"))
            } catch let failure as Failure {
                #expect(failure.message == "forge.tokenFile: '\(file.path)' cannot be used: \(problem ?? "well")")
            }
        }
    }
}

import Foundation
import Synchronization
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

/// Registries that lie, break off, or send us elsewhere.
@Suite struct `Hostile registries` {
    typealias Answer = ScriptedRegistry.Answer
    private static let weights = Array("weights of a model".utf8)
    private static let layer = Descriptor(
        mediaType: "application/vnd.cncf.model.weight.v1.raw", digest: Digest(of: weights), size: Int64(weights.count),
        annotations: [ModelPack.filePath: "model.bin"])
    private static let empty = Array("{}".utf8)
    private static let manifest: [UInt8] = {
        let value: Value = [
            "schemaVersion": 2, "mediaType": .string(ModelPack.manifestType),
            "artifactType": .string(ModelPack.artifactType),
            "config": Descriptor(mediaType: ModelPack.configType, digest: Digest(of: empty), size: 2).value,
            "layers": [layer.value],
        ]
        return value.jsonBytes
    }()
    private static let digest = Digest(of: manifest)

    /// A registry with one artifact that tells the truth where `lie` gives nothing.
    private static func script(
        _ lie: @escaping @Sendable (ScriptedRegistry.Request) -> Answer?
    ) -> @Sendable (ScriptedRegistry.Request) -> Answer {
        { request in
            if let answer = lie(request) { return answer }
            let last = request.target.split(separator: "/").last.map(String.init) ?? ""
            switch last {
            case "1", digest.description:
                return request.target.contains("referrers")
                    ? .text(404)
                    : Answer(headers: ["content-type": ModelPack.manifestType], body: manifest)
            case layer.digest.description: return Answer(body: weights)
            case Digest(of: empty).description: return Answer(body: empty)
            case _: return .text(404)
            }
        }
    }

    private func pull(
        _ folder: URL, tag: String = ":1", _ lie: @escaping @Sendable (ScriptedRegistry.Request) -> Answer?
    ) async throws -> (failure: Failure?, asked: [ScriptedRegistry.Request], host: String, store: ContentStore) {
        let fixture = try RegistryFixture(in: folder)
        return try await ScriptedRegistry.with(Self.script(lie)) { server in
            let reference = try ImageReference(parsing: "\(server.host)/churn\(tag)")
            let failure = await fixture.failure { try await fixture.pull.pull(reference) }
            return (failure, server.asked, server.host, fixture.elsewhere)
        }
    }

    @Test func `one that tells the truth is believed`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let result = try await pull(folder) { _ in nil }
            #expect(result.failure == nil)
            #expect(try await result.store.bytes(of: Self.layer.digest) == Self.weights)
        }
    }

    @Test func `what refers to a bundle takes no name in the store, and says nothing for it`() async throws {
        let annotations: Members = [
            ImageIndex.nameAnnotation: "fraud@2.0.0", BundleSources.annotation: "{}", "org.example.note": "kept inside",
        ]
        let value: Value = [
            "schemaVersion": 2, "mediaType": .string(ModelPack.manifestType), "artifactType": "text/plain",
            "config": Descriptor(mediaType: ModelPack.configType, digest: Digest(of: Self.empty), size: 2).value,
            "layers": [Self.layer.value], "annotations": .object(annotations),
            "subject": Descriptor(
                mediaType: ModelPack.manifestType, digest: Self.digest, size: Int64(Self.manifest.count)
            ).value,
        ]
        let referrer = value.jsonBytes
        let listed = Descriptor(
            mediaType: ModelPack.manifestType, artifactType: "text/plain", digest: Digest(of: referrer),
            size: Int64(referrer.count), annotations: [ImageIndex.nameAnnotation: "fraud@2.0.0"])
        let list: Value = [
            "schemaVersion": 2, "mediaType": .string(ImageIndex.mediaType), "manifests": [listed.value],
        ]
        try await withTemporaryFolder { (folder) async throws in
            let result = try await pull(folder) { request in
                if request.target.contains("referrers/\(Self.digest)") {
                    return Answer(headers: ["content-type": ImageIndex.mediaType], body: list.jsonBytes)
                }
                guard request.target.hasSuffix("/manifests/\(listed.digest)") else { return nil }
                return Answer(headers: ["content-type": ModelPack.manifestType], body: referrer)
            }
            #expect(result.failure == nil)
            let names = try await result.store.names()
            #expect(names.keys.sorted() == ["\(result.host)/churn:1"])
            let here = try #require(try await result.store.manifests().first { $0.digest == listed.digest })
            #expect(
                here.annotations == [
                    ContentStore.subjectAnnotation: Self.digest.description,
                    ContentStore.originAnnotation: "\(result.host)/churn@\(listed.digest)",
                ])
            let attached = try await result.store.attachments(of: Self.digest)
            #expect(attached.map { $0.annotations["org.example.note"] } == ["kept inside"])
        }
    }

    struct Lie: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var tag = ":1"
        let answer: @Sendable (ScriptedRegistry.Request) -> Answer?
        /// HOST stands for the registry's.
        let message: String?
        var isFinal = true
    }

    private static func at(_ part: String, _ answer: Answer) -> @Sendable (ScriptedRegistry.Request) -> Answer? {
        { $0.target.contains(part) ? answer : nil }
    }

    private static let blob = "HOST/churn@\(layer.digest)"

    @Test(arguments: [
        Lie(
            testDescription: "another manifest than the digest's", tag: "@\(digest)",
            answer: at("/manifests/", .text(200, "{}")),
            message:
                "HOST/churn@\(digest): the registry gave a manifest with the digest \(Digest(of: empty)), expected "
                + "\(digest); its bytes were changed there or on the way"),
        Lie(
            testDescription: "a digest that is not the manifest's",
            answer: at(
                "/manifests/1",
                Answer(headers: ["docker-content-digest": layer.digest.description], body: manifest)),
            message:
                "HOST/churn:1: the registry gave a manifest with the digest \(digest), expected \(layer.digest); its "
                + "bytes were changed there or on the way"),
        Lie(
            testDescription: "a type that is not the manifest's",
            answer: at(
                "/manifests/1", Answer(headers: ["content-type": ImageIndex.mediaType], body: manifest)),
            message:
                "HOST/churn:1: the registry says that its manifest is '\(ImageIndex.mediaType)', and the manifest says "
                + "'\(ModelPack.manifestType)'"),
        Lie(
            testDescription: "a manifest that is too large",
            answer: at("/manifests/", Answer(body: [UInt8](repeating: 0x20, count: RegistryManifest.limit + 1))),
            message:
                "GET http://HOST/v2/churn/manifests/1: the answer has more than 4194304 bytes, which is not expected here"
        ),
        Lie(
            testDescription: "no manifest", answer: at("/manifests/", .text(404)),
            message: "HOST/churn:1: the registry has no such manifest; look at the name, and whether it was pushed"),
        Lie(
            testDescription: "an error in its own words",
            answer: at(
                "/manifests/",
                .text(418, #"{"errors":[{"code":"DENIED","message":"not\ttoday"}]}"#)),
            message: "get the manifest of HOST/churn:1: the registry refuses it, status 418 (DENIED, 'not\\u{9}today')"),
        Lie(
            testDescription: "a blob of another length",
            answer: at("/blobs/\(layer.digest)", .text(200, "weights")),
            message: "\(blob): the registry announces 7 bytes, expected 18; it has another blob, or is damaged"),
        Lie(
            testDescription: "a blob with other bytes",
            answer: at("/blobs/\(layer.digest)", .text(200, "weights of a m0del")),
            message:
                "\(blob): the registry gave \(Digest(of: "weights of a m0del".utf8)) (18 bytes), expected 18 bytes with that "
                + "digest; the blob is damaged there, or was changed on the way"),
        Lie(
            testDescription: "a blob that breaks off",
            answer: at("/blobs/\(layer.digest)", Answer(body: weights, cut: 5)),
            message: nil,
            isFinal: false),
        Lie(
            testDescription: "a blob that is on a host without TLS",
            answer: at("/blobs/\(layer.digest)", .text(307, "", ["location": "http://blobs.example/x"])),
            message:
                "GET http://HOST/v2/churn/blobs/\(layer.digest): it is sent to http://blobs.example/x, which is not secured "
                + "by TLS"),
        Lie(
            testDescription: "a server of tokens without TLS",
            answer: { request in
                request.target.contains("manifests")
                    ? .text(401, "", ["www-authenticate": #"Bearer realm="http://tokens.example/t""#]) : nil
            },
            message: "http://tokens.example/t?…: is not secured by TLS; use https, or name 'tokens.example' in "
                + "'sources.plainHosts' of waybill.yaml"),
        Lie(
            testDescription: "a server of tokens that gives none",
            answer: { request in
                if request.target.hasPrefix("/t?") { return .text(200, #"{"token":""}"#) }
                return request.target.contains("manifests")
                    ? .text(
                        401, "",
                        ["www-authenticate": "Bearer realm=\"http://\(request.header("host") ?? "")/t\",service=\"s\""])
                    : nil
            },
            message: "HOST/churn: http://HOST/t was asked for a token, and its answer has none"),
        Lie(
            testDescription: "a challenge without an answer",
            answer: at("manifests", .text(401, "", ["www-authenticate": "Negotiate"])),
            message:
                "the registry does not let us pull from HOST/churn; no login is known for HOST: run 'skopeo login HOST', "
                + "or add 'HOST basic USER file:/PATH' to 'sources.credentials' of waybill.yaml"),
    ])
    func `that lie are not believed`(_ lie: Lie) async throws {
        try await withTemporaryFolder { (folder) async throws in
            let result = try await pull(folder, tag: lie.tag, lie.answer)
            if let message = lie.message {
                #expect(result.failure?.message == message.replacing("HOST", with: result.host))
            }
            #expect(result.failure?.disposition == (lie.isFinal ? .stall : .retry))
            let kept = (try? entries(of: result.store.layout.partial)) ?? []
            #expect(kept.contains(Self.layer.digest.hex) != lie.isFinal)
            #expect(
                ((try? entries(of: result.store.layout.blobs)) ?? []).allSatisfy { $0 == Digest(of: Self.empty).hex })
        }
    }

    @Test func `a blob that broke off is gone on with`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let times = Counter()
            let fixture = try RegistryFixture(in: folder)
            let script = Self.script { request in
                guard request.target.contains("/blobs/\(Self.layer.digest)") else { return nil }
                if times.next() == 1 { return Answer(body: Self.weights, cut: 5) }
                guard request.header("range") == "bytes=5-" else { return .text(500, "no range") }
                return Answer(
                    status: 206, headers: ["content-range": "bytes 5-17/18"], body: Array(Self.weights.dropFirst(5)))
            }
            try await ScriptedRegistry.with(script) { server in
                let reference = try ImageReference(parsing: "\(server.host)/churn:1")
                #expect(await fixture.failure { try await fixture.pull.pull(reference) }?.disposition == .retry)
                #expect(await fixture.failure { try await fixture.pull.pull(reference) } == nil)
                #expect(try await fixture.elsewhere.bytes(of: Self.layer.digest) == Self.weights)
            }
        }
    }

    @Test func `no login goes to the host that a blob is on`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let seen = Mutex<[String?]>([])
            try await ScriptedRegistry.with({ request in
                seen.withLock { $0.append(request.header("authorization")) }
                return Answer(body: Self.weights)
            }) { other in
                let script = Self.script { request in
                    guard request.header("authorization") != nil else {
                        return .text(401, "", ["www-authenticate": "Basic realm=\"x\""])
                    }
                    guard request.target.contains("/blobs/\(Self.layer.digest)") else { return nil }
                    return .text(307, "", ["location": "http://127.0.0.1:\(other.port)/elsewhere"])
                }
                try await ScriptedRegistry.with(script) { server in
                    let logins = try RegistryFixture.logins(server.host, "waybill", "secret", in: folder)
                    let fixture = try RegistryFixture(in: folder, logins: logins)
                    _ = try await fixture.pull.pull(try ImageReference(parsing: "\(server.host)/churn:1"))
                    #expect(seen.withLock { $0 } == [nil])
                }
            }
        }
    }

    @Test func `a mount that is refused is followed by the blob itself`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try RegistryFixture(in: folder)
            try fixture.content.layout.make()
            try await ScriptedRegistry.with({ request in
                switch request.method {
                case "HEAD": .text(404)
                case "POST" where request.target.contains("mount="): .text(403)
                case "POST": .text(202, "", ["location": "/up?x=1"])
                case "PUT"
                where request.target == "/up?x=1&digest=\(Self.layer.digest)" && request.body == Self.weights:
                    .text(201)
                case _: .text(500)
                }
            }) { server in
                let place = try fixture.client.place(try ImageReference(parsing: "\(server.host)/churn"))
                let outcome = try await fixture.client.upload(
                    MemoryContent(Self.weights), to: place, mounting: "secret/churn",
                    sessions: UploadSessions(fixture.content.layout), progress: { _ in })
                #expect(outcome == .sent)
                #expect(server.asked.map(\.method) == ["HEAD", "POST", "POST", "PUT"])
            }
        }
    }

    @Test func `a version that is another bundle here is not replaced`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try RegistryFixture(in: folder)
            let other = BundleFixture.other(fixture.bundle)
            _ = try await fixture.bundle.build(try fixture.bundle.version())
            try await RegistryServer.with(in: folder) { (registry) async throws in
                let pushed = try await fixture.push.push("churn@1.4.0", to: try registry.reference("churn"))
                var version = try other.version()
                version.license = "MIT"
                let made = try await other.build(version)
                let pull = BundlePull(content: fixture.content, client: fixture.client)
                let failure = await fixture.failure { try await pull.pull(try registry.reference("churn:1.4.0")) }
                #expect(
                    failure?.message == "churn@1.4.0 is \(made.manifest) in \(fixture.content.layout.image), and "
                        + "\(pushed.digest) in \(registry.host)/churn:1.4.0; a version never changes: find out which one is meant, "
                        + "and pull into another --store to compare them")
            }
        }
    }
}

/// Counts calls.
final class Counter: Sendable {
    private let count = Mutex(0)
    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}

extension BundleFixture {
    /// The same store.
    static func other(_ fixture: BundleFixture) -> BundleFixture { fixture }
}

import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

/// Files of artifacts that others made and pushed.
@Suite struct `Sources in registries` {
    private static let weights = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ ($0 >> 9)) }

    /// Pushes an artifact as its layers are, and gives its digest.
    private func artifact(
        _ fixture: RegistryFixture, _ repository: ImageReference, config: String,
        _ layers: [(type: String, bytes: [UInt8], path: String?)]
    ) async throws -> Digest {
        let place = try fixture.client.place(repository)
        let sessions = UploadSessions(fixture.content.layout)
        let empty = MemoryContent(Array("{}".utf8))
        var descriptors: [Value] = []
        for content in [empty] + layers.map({ MemoryContent($0.bytes) }) {
            _ = try await fixture.client.upload(
                content, to: place, mounting: nil, sessions: sessions, progress: { _ in })
        }
        for layer in layers {
            descriptors.append(
                Descriptor(
                    mediaType: layer.type, digest: Digest(of: layer.bytes), size: Int64(layer.bytes.count),
                    annotations: layer.path.map { [ModelPack.filePath: $0] } ?? [:]
                ).value)
        }
        let manifest: Value = [
            "schemaVersion": 2, "mediaType": .string(ModelPack.manifestType),
            "config": Descriptor(mediaType: config, digest: empty.digest, size: 2).value, "layers": .list(descriptors),
        ]
        let bytes = manifest.jsonBytes
        var target = repository
        target.tag = "t\(layers.count)"
        _ = try await fixture.client.put(bytes, type: ModelPack.manifestType, as: target)
        return Digest(of: bytes)
    }

    /// A tar by the system's own program.
    private func tar(_ folder: URL, _ files: [(String, [UInt8])], gzip: Bool = false, format: String = "ustar")
        async throws -> [UInt8]
    {
        let root = folder.appending(path: "tar-\(UUID().uuidString)")
        for (path, bytes) in files {
            let file = root.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: file)
        }
        let out = folder.appending(path: "\(UUID().uuidString).tar")
        let made = try await run(
            ["tar", "--format=\(format)", gzip ? "-czf" : "-cf", out.path, "-C", root.path, "."])
        #expect(made.status == 0, "\(made.output)")
        return Array(try Data(contentsOf: out))
    }

    private func read(
        _ fixture: RegistryFixture, _ source: String, size: Int? = nil, bytes: [UInt8] = weights
    ) async throws -> Failure? {
        let store = ContentStore(root: fixture.folder.appending(path: UUID().uuidString).path)
        try store.layout.make()
        let remote = RemoteSource(scheme: .oci, text: source)
        let wanted = ContentStore.Wanted(digest: Digest(of: bytes), size: Int64(size ?? bytes.count))
        // A connection that was kept may be lost just now, which is worth another try.
        for _ in 0..<3 {
            let failure = await fixture.fetch(wanted, remote, bytes, into: store)
            if failure?.disposition != .retry { return failure }
        }
        return await fixture.fetch(wanted, remote, bytes, into: store)
    }

    @Test func `give the files of ModelPack artifacts, ModelKits and images`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try RegistryFixture(in: folder)
            try fixture.content.layout.make()
            try await RegistryServer.with(in: folder) { (registry) async throws in
                let repository = try registry.reference("models/churn")
                let pack = try await expectPack(fixture, repository)
                let kit = try await expectKit(fixture, repository, in: folder)
                let image = try await expectImage(fixture, repository, in: folder)
                let pins = OCISource(fixture.client)
                for inside in ["\(kit)#model/weights.bin", "\(pack)#model.bin", "\(image)#models/b.bin"] {
                    let source = RemoteSource(scheme: .oci, text: "oci://\(repository.name)@\(inside)")
                    let measured = try await pins.measure(source)
                    #expect(measured.digest == Digest(of: Self.weights) && measured.size == 300_000)
                    #expect(try await pins.pinned(source.text) == nil)
                }
                #expect(
                    try await pins.pinned("oci://\(repository.name):t1#model.bin")
                        == "oci://\(repository.name):t1@\(pack)#model.bin")
            }
        }
    }

    private func expectPack(_ fixture: RegistryFixture, _ repository: ImageReference) async throws -> Digest {
        let pack = try await artifact(
            fixture, repository, config: ModelPack.configType,
            [("application/vnd.cncf.model.weight.v1.raw", Self.weights, "model.bin")])
        let source = "oci://\(repository.name)@\(pack)"
        #expect(try await read(fixture, "\(source)#model.bin") == nil)
        #expect(try await read(fixture, source) == nil)
        #expect(
            try await read(fixture, "\(source)#other.bin")?.message
                == "\(source)#other.bin: it has no file 'other.bin'; it has 'model.bin'")
        #expect(try await read(fixture, "\(source)#model.bin", size: 5)?.reason == "ArtifactMismatch")
        return pack
    }

    private func expectKit(
        _ fixture: RegistryFixture, _ repository: ImageReference, in folder: URL
    ) async throws -> Digest {
        let long = String(repeating: "d/", count: 70) + "weights.bin"
        let docs = try await tar(folder, [("README.md", [1])], gzip: true)
        let model = try await tar(
            folder, [("model/weights.bin", Self.weights), (long, [4, 5])], gzip: true, format: "pax")
        let kit = try await artifact(
            fixture, repository, config: "application/vnd.kitops.modelkit.config.v1+json",
            [
                ("application/vnd.kitops.modelkit.docs.v1.tar+gzip", docs, nil),
                ("application/vnd.kitops.modelkit.model.v1.tar+gzip", model, nil),
            ])
        let source = "oci://\(repository.name)@\(kit)"
        #expect(try await read(fixture, "\(source)#model/weights.bin") == nil)
        #expect(try await read(fixture, "\(source)#\(long)", bytes: [4, 5]) == nil)
        #expect(
            try await read(fixture, source)?.message
                == "\(source) has files in archives; name the one that is meant after a '#'")
        #expect(
            try await read(fixture, "\(source)#model")?.message.hasSuffix("'model' is a folder; name a file")
                == true)
        return kit
    }

    private func expectImage(
        _ fixture: RegistryFixture, _ repository: ImageReference, in folder: URL
    ) async throws -> Digest {
        let layer = "application/vnd.oci.image.layer.v1.tar"
        let below = try await tar(
            folder, [("models/a.bin", [1, 2, 3]), ("models/b.bin", Self.weights)], format: "gnu")
        let above = try await tar(folder, [("models/a.bin", [9])], gzip: true)
        let marks = try await tar(folder, [("etc/.wh.models", []), ("x/.wh..wh..opq", [])])
        let image = try await artifact(
            fixture, repository, config: "application/vnd.oci.image.config.v1+json",
            [(layer, below, nil), ("\(layer)+gzip", above, nil), (layer, marks, nil)])
        let source = "oci://\(repository.name)@\(image)"
        #expect(try await read(fixture, "\(source)#models/a.bin", bytes: [9]) == nil)
        #expect(try await read(fixture, "\(source)#models/b.bin") == nil)
        return image
    }

    @Test func `do not give what a later layer of an image took away`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try RegistryFixture(in: folder)
            try fixture.content.layout.make()
            try await RegistryServer.with(in: folder) { (registry) async throws in
                let repository = try registry.reference("models/churn")
                let type = "application/vnd.oci.image.layer.v1.tar"
                let below = try await tar(folder, [("models/a.bin", [1]), ("models/b.bin", [2])])
                for (whiteout, path) in [
                    ("models/.wh.a.bin", "models/a.bin"), (".wh.models", "models/b.bin"),
                    ("models/.wh..wh..opq", "models/b.bin"),
                ] {
                    let image = try await artifact(
                        fixture, repository, config: "application/vnd.oci.image.config.v1+json",
                        [(type, below, nil), (type, try await tar(folder, [(whiteout, [])]), nil)])
                    #expect(
                        try await read(fixture, "oci://\(repository.name)@\(image)#\(path)", bytes: [1])?.message
                            == "oci://\(repository.name)@\(image)#\(path): it has no file '\(path)'")
                }
            }
        }
    }

    @Test func `refuse layers that are broken, with the reason`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try RegistryFixture(in: folder)
            try fixture.content.layout.make()
            try await RegistryServer.with(in: folder) { (registry) async throws in
                let repository = try registry.reference("models/churn")
                let sound = try await tar(folder, [("a.bin", Self.weights)])
                var checksum = sound
                checksum[600] ^= 1
                let cases: [(String, [UInt8], String)] = [
                    ("tar", Array(sound.prefix(2000)), "ends inside of a member"),
                    (
                        "tar", checksum.enumerated().map { $0.offset == 1 ? 7 : $0.element },
                        "has a header with a wrong checksum"
                    ),
                    ("tar+gzip", sound, "has packed data that is broken near byte 0"),
                    ("tar+zstd", sound, "which is not unpacked here"),
                ]
                for (form, bytes, words) in cases {
                    let image = try await artifact(
                        fixture, repository, config: "application/vnd.oci.image.config.v1+json",
                        [("application/vnd.oci.image.layer.v1.\(form)", bytes, nil)])
                    let failure = try await read(fixture, "oci://\(repository.name)@\(image)#a.bin")
                    #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "none")")
                    #expect(failure?.disposition == .stall)
                }
            }
        }
    }

    /// An index pins what it lists, so its digest is as good as that of a manifest; `docker buildx` makes one of every image.
    @Test func `give a file of an index with one artifact in it, and name those of one with more`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try RegistryFixture(in: folder)
            try fixture.content.layout.make()
            try await RegistryServer.with(in: folder) { (registry) async throws in
                let repository = try registry.reference("models/churn")
                var artifacts: [Digest] = []
                for bytes in [[1, 2, 3], [4, 5]] as [[UInt8]] {
                    artifacts.append(
                        try await artifact(
                            fixture, repository, config: ModelPack.configType,
                            [(type: "application/vnd.cncf.model.weight.v1.raw", bytes: bytes, path: "m.bin")]))
                }
                func index(_ items: [(Digest, [String: String])]) async throws -> RemoteSource {
                    var listed: [Value] = []
                    for (digest, annotations) in items {
                        var named = repository
                        named.digest = digest
                        let size = Int64(try await fixture.client.manifest(named).bytes.count)
                        listed.append(
                            Descriptor(
                                mediaType: ModelPack.manifestType, digest: digest, size: size, annotations: annotations
                            ).value)
                    }
                    let index: Value = [
                        "schemaVersion": 2, "mediaType": .string(ImageIndex.mediaType), "manifests": .list(listed),
                    ]
                    var target = repository
                    target.tag = "i\(items.count)"
                    _ = try await fixture.client.put(index.jsonBytes, type: ImageIndex.mediaType, as: target)
                    let text = "oci://\(repository.name):i\(items.count)@\(Digest(of: index.jsonBytes))#m.bin"
                    return RemoteSource(scheme: .oci, text: text)
                }
                let said = ["vnd.docker.reference.type": "attestation-manifest"]
                let one = try await index([(artifacts[0], [:]), (artifacts[1], said)])
                let source = OCISource(fixture.client)
                #expect(try await source.measure(one) == (Digest(of: [1, 2, 3]), 3))
                let several = try await index([(artifacts[0], [:]), (artifacts[1], [:])])
                #expect(
                    await fixture.failure { try await source.measure(several).size }?.message
                        == "\(several.text.dropFirst(6).prefix { $0 != "#" }) is an index of 2 manifests; name the one that is meant by its "
                        + "digest: \(artifacts[0]), \(artifacts[1])")
            }
        }
    }

    @Test func `a tag becomes a digest for waybill pin`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try RegistryFixture(in: folder)
            let made = try await fixture.bundle.build(try fixture.bundle.version())
            try await RegistryServer.with(in: folder) { (registry) async throws in
                _ = try await fixture.push.push("churn@1.4.0", to: try registry.reference("churn"))
                let address = try OCIAddress(parsing: "oci://\(registry.host)/churn:1.4.0#model.joblib")
                #expect(
                    try await fixture.client.pinned(address).description
                        == "oci://\(registry.host)/churn:1.4.0@\(made.manifest)#model.joblib")
                let absent = try OCIAddress(parsing: "oci://\(registry.host)/churn:9#model.joblib")
                #expect(
                    await fixture.failure { try await fixture.client.pinned(absent) }?.message
                        == "\(registry.host)/churn:9: the registry has no such manifest; look at the name, and whether it was "
                        + "pushed")
            }
        }
    }
}

extension RegistryFixture {
    fileprivate func fetch(
        _ wanted: ContentStore.Wanted, _ source: RemoteSource, _ bytes: [UInt8], into store: ContentStore
    ) async -> Failure? {
        await failure {
            let wrong = Failure(.stall, reason: "ArtifactMismatch", message: "other bytes")
            _ = try await store.fetch(wanted, from: source, by: OCISource(client), tooLarge: wrong) {
                (content) throws(Failure) in
                if content?.digest != wanted.digest { throw wrong }
            }
            #expect(try await store.bytes(of: wanted.digest) == bytes)
        }
    }
}

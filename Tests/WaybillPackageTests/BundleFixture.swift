import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

/// A model version with everything that a bundle can hold, made in any folder.
struct BundleFixture {
    var store: StoreFixture
    var repositories: any RepositoryFiles = MemoryRepositories(
        files: [CommitFolder.File(path: "train.py", isExecutable: false, bytes: Array("print('trained')\n".utf8))])

    init(in folder: URL) throws {
        var store = try StoreFixture(in: folder)
        store.tree = MemoryTree([
            "models/churn/model.joblib": Array("weights of churn".utf8),
            "models/churn/tokenizer.json": Array("{}".utf8), "docs/churn.md": Array("# Churn\n".utf8),
            "locks/train.lock": Array("numpy==2.0.0 --hash=sha256:00\n".utf8),
        ])
        self.store = store
    }

    var builder: BundleBuilder {
        BundleBuilder(
            content: store.content, tree: store.tree, readers: SourceReaders([:], repositories: repositories),
            refusing: [store.state])
    }

    func version(_ text: String = "churn@1.4.0") throws -> ModelVersion {
        let artifacts = ["models/churn/model.joblib", "models/churn/tokenizer.json"].map { path in
            let bytes = store.tree.files[path] ?? []
            return Artifact(
                path: path.split(separator: "/").last.map(String.init) ?? path, source: .repository(path: path),
                digest: Digest(of: bytes), size: Int64(bytes.count))
        }
        return ModelVersion(
            id: try VersionID(parsing: text), format: "sklearn-joblib", artifacts: artifacts,
            inputs: [Tensor(name: "input-0", datatype: .FP32, shape: [-1, 4])],
            code: CodeSource(
                repository: "https://git.example/churn",
                commit: try CommitID(parsing: String(repeating: "c", count: 40)),
                path: "train"),
            data: [
                Dataset(
                    name: try Name(parsing: "train"), uri: "s3://data/churn.parquet", digest: Digest(of: "data".utf8)),
                Dataset(name: try Name(parsing: "test"), digest: Digest(of: "test".utf8)),
            ],
            environment: PythonEnvironment(python: "3.11", lock: "locks/train.lock"), card: "docs/churn.md",
            license: "Apache-2.0")
    }

    @discardableResult
    func build(_ version: ModelVersion, replacing: Bool = true) async throws -> ModelBundle {
        try await builder.build(version, at: store.commit, replacing: replacing).bundle
    }
}

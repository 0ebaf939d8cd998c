// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// Every target of ours: Swift 6, complete checking, explicit imports, warnings are errors.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let tls = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nio: [Target.Dependency] = ["NIOCore", "NIOPosix", "NIOHTTP1"].map { .product(name: $0, package: "swift-nio") }

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["WaybillTestSupport"], exclude: exclude, swiftSettings: strict)
}

let package = Package(
    name: "waybill",
    products: [
        .executable(name: "waybill", targets: ["waybill"]),
        .executable(name: "waybill-shim", targets: ["waybill-shim"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // Values: no input or output, every decision.
        library("WaybillCore", [crypto]),
        // Pure formats and checks: notes, Merkle proofs, SSH signatures, attestations.
        library("WaybillTrust", ["WaybillCore", "CLibcrypto", crypto, cryptoExtras]),

        // Adapters: one port each, none imports another.
        .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CLibgit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CBzip2", providers: [.apt(["libbz2-dev"])]),
        // SHA-256 without an allocation, for the ledger's many small hashes.
        .systemLibrary(name: "CLibcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLzma", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"])]),
        // System calls that Swift cannot import.
        .target(name: "CLinux"),
        library("WaybillManifest", ["WaybillCore", "CLibYAML"]),
        library("WaybillGit", ["WaybillCore", "CLibgit2", "CZlib", crypto]),
        library("WaybillLedger", ["WaybillCore", "WaybillTrust", "CLinux", crypto]),
        library(
            "WaybillPackage",
            ["WaybillCore", "WaybillTrust", "CLinux", "CZlib", "CBzip2", "CLzma", crypto, httpClient, tls] + nio),
        library("WaybillServing", ["WaybillCore", "CLinux", httpClient] + nio),
        // Pull requests, comments and statuses of forges.
        library("WaybillForge", ["WaybillCore", httpClient, tls] + nio),
        library("WaybillGateway", ["WaybillCore", "WaybillTrust"] + nio),
        library("WaybillStore", ["WaybillCore", grdb]),
        library("WaybillEvaluate", ["WaybillCore"]),
        // Pages that people read: Markdown and HTML.
        library("WaybillReport", ["WaybillCore", "WaybillTrust"]),
        library("WaybillEngine", ["WaybillCore", "WaybillTrust"]),
        library(
            "WaybillAPI",
            ["WaybillCore", crypto, httpClient, hummingbird, hummingbirdCore, logging, lifecycle, httpTypes] + nio),

        // The composition root and a replica's keeper.
        .executableTarget(
            name: "waybill",
            dependencies: [
                "WaybillCore", "WaybillTrust", "WaybillManifest", "WaybillGit", "WaybillLedger", "WaybillPackage",
                "WaybillServing", "WaybillGateway", "WaybillStore", "WaybillEngine", "WaybillEvaluate", "WaybillReport",
                "WaybillAPI",
                "WaybillForge",
                "CLinux",
                arguments,
                logging, httpClient, crypto,
                hummingbird,
            ] + nio,
            swiftSettings: strict),
        .executableTarget(
            name: "waybill-shim", dependencies: ["CLinux"], swiftSettings: strict,
            linkerSettings: [.unsafeFlags(["-static-stdlib"])]),
        // The git helper alone, so that the tests of git need no whole program.
        .executableTarget(name: "git-helper-tool", dependencies: ["WaybillGit"], swiftSettings: strict),
        // The gateway alone, for its own tests and its benchmark.
        .executableTarget(
            name: "gateway-tool", dependencies: ["WaybillGateway", "WaybillCore"],
            path: "Benchmarks/gateway/gateway-tool", swiftSettings: strict),
        // Appends until it is killed: the ledger's tests kill it many times.
        .executableTarget(
            name: "ledger-hammer", dependencies: ["WaybillCore", "WaybillLedger", "WaybillTrust"], swiftSettings: strict
        ),

        library("WaybillTestSupport", ["WaybillCore"]),
        tests("WaybillCoreTests", ["WaybillCore"], exclude: ["Desired/Golden"]),
        tests("WaybillTrustTests", ["WaybillTrust", "WaybillCore", crypto]),
        tests("WaybillManifestTests", ["WaybillManifest", "WaybillCore"]),
        tests("WaybillGitTests", ["WaybillGit", "WaybillCore", "git-helper-tool"]),
        tests("WaybillLedgerTests", ["WaybillLedger", "WaybillTrust", "WaybillCore", "ledger-hammer", crypto]),
        tests(
            "WaybillPackageTests",
            ["WaybillPackage", "WaybillGit", "WaybillTrust", "WaybillCore", "git-helper-tool", crypto],
            exclude: ["Corpus", "Fixtures", "Servers"]),
        tests("WaybillServingTests", ["WaybillServing", "WaybillCore", "CLinux", httpClient] + nio),
        tests("WaybillForgeTests", ["WaybillForge", "WaybillCore"], exclude: ["Servers"]),
        tests("WaybillGatewayTests", ["WaybillGateway", "WaybillTrust", "WaybillCore", "gateway-tool"] + nio),
        tests("WaybillStoreTests", ["WaybillStore", "WaybillCore"]),
        tests("WaybillEvaluateTests", ["WaybillEvaluate", "WaybillCore"], exclude: ["Oracle"]),
        tests("WaybillReportTests", ["WaybillReport", "WaybillTrust", "WaybillCore"], exclude: ["render.py"]),
        tests("WaybillEngineTests", ["WaybillEngine", "WaybillTrust", "WaybillCore"]),
        tests(
            "WaybillAPITests", ["WaybillAPI", "WaybillCore", crypto, httpClient, logging] + nio, exclude: ["Golden"]),
        tests(
            "WaybillTests",
            [
                "waybill", "WaybillAPI", "WaybillCore", "WaybillManifest", "WaybillTrust", "WaybillLedger",
                "WaybillEngine", "WaybillGit", "WaybillPackage", "WaybillServing", "WaybillGateway", arguments, logging,
                httpClient,
            ],
            exclude: ["Snapshots", "EndToEnd/Recorded"]),
    ]
)

/// Built by `make bench` only.
func benchmark(
    _ name: String, _ folder: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: "Benchmarks/\(folder)", exclude: exclude, swiftSettings: strict)
}

if ProcessInfo.processInfo.environment["WAYBILL_BENCHMARKS"] != nil {
    package.targets += [
        benchmark("bench-ledger", "ledger", ["WaybillCore", "WaybillLedger", "WaybillTrust", crypto]),
        benchmark(
            "bench-evaluate", "evaluate", ["WaybillEvaluate", "WaybillCore"], exclude: ["peer.py", "run.py"]),
        benchmark(
            "bench-manifest", "manifest",
            ["WaybillManifest", "WaybillCore", "WaybillGit", "WaybillEngine", "WaybillLedger", "WaybillReport"],
            exclude: ["peer.py", "run.py"]),
        benchmark(
            "bench-package", "package", ["WaybillPackage", "WaybillCore"],
            exclude: ["largefiles.py", "run.py", "scan.py", "sign.py", "transfer.py"]),
        benchmark(
            "bench-approvals", "approvals", ["WaybillCore", "WaybillTrust", "WaybillEngine", crypto]),
        benchmark("bench-records", "records", ["WaybillGateway", "WaybillTrust"]),
        benchmark("bench-analysis", "analysis", ["WaybillCore", "WaybillTestSupport"]),
        benchmark("bench-simulation", "simulation", ["WaybillCore", "WaybillEngine"]),
        benchmark("bench-steady", "steady", ["WaybillCore", "WaybillEngine"]),
    ]
}

/// `WAYBILL_ONLY=WaybillPackage swift test` builds one library with its tests and what those need, nothing else.
if let only = ProcessInfo.processInfo.environment["WAYBILL_ONLY"] {
    let byName = Dictionary(uniqueKeysWithValues: package.targets.map { ($0.name, $0) })
    var kept: Set<String> = []
    func keep(_ name: String) {
        guard let target = byName[name], kept.insert(name).inserted else { return }
        for case .byNameItem(let dependency, _) in target.dependencies { keep(dependency) }
    }
    keep("\(only)Tests")
    package.targets.removeAll { !kept.contains($0.name) }
    package.products.removeAll { !kept.contains($0.name) }
}

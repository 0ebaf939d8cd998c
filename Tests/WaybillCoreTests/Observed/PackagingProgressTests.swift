import Testing
import WaybillCore

/// What people see of a version on its way.
@Suite struct PackagingProgressTests {
    @Test(
        arguments: [
            (PackagingProgress(.arriving, done: 3_100_000_000, total: 4_800_000_000), "packaging 3.1/4.8 GB"),
            (PackagingProgress(.arriving, done: 0, total: 4_800_000_000), "packaging 0.0/4.8 GB"),
            (PackagingProgress(.arriving, done: 999_999, total: 1_000_000), "packaging 0.9/1.0 MB"),
            (PackagingProgress(.arriving, done: 3, total: 12), "packaging 3/12 B"),
            (PackagingProgress(.arriving, done: 0, total: .max), "packaging 0.0/9223372.0 TB"),
            (
                PackagingProgress(.inspecting, done: 5_000, total: 5_000),
                "packaged 5.0 kB, looking inside the files"
            ),
            (PackagingProgress(.bundling, done: 5, total: 5), "packaged 5 B, making the bundle"),
            (PackagingProgress(.environment, done: 5, total: 5), "packaged 5 B, building the Python environment"),
        ])
    func `few words say how far it is`(_ progress: PackagingProgress, _ words: String) {
        #expect(progress.description == words)
    }
}

package app.afterglow.mobile

import org.junit.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

class FileNameTest {
    @Test
    fun `a name cannot leave its folder or hide`() {
        assertEquals("passwd", FileName.of("../../etc/passwd"))
        assertEquals("x.jpg", FileName.of("C:\\photos\\x.jpg"))
        assertEquals("hidden.jpg", FileName.of("..hidden.jpg"))
        assertEquals("ab.jpg", FileName.of("a\u0000b.jpg"))
    }

    @Test
    fun `what has no name gets one`() {
        for (none in listOf(null, "", " ", "/", "..")) assertEquals("photo", FileName.of(none), none)
    }

    @Test
    fun `a long name keeps its ending`() {
        val name = FileName.of("x".repeat(5_000) + ".jpg")
        assertTrue(name.length <= 120 && name.endsWith(".jpg"), name)
        assertTrue(FileName.of("." + "y".repeat(5_000)).length <= 120)
        assertTrue(FileName.of("a." + "y".repeat(5_000)).length <= 120)
    }

    @Test
    fun `a taken name gets a number`() {
        val taken = setOf("a.jpg", "a (2).jpg")
        assertEquals("a (3).jpg", FileName.free("a.jpg", taken::contains))
        assertEquals("b", FileName.free("b", taken::contains))
    }
}

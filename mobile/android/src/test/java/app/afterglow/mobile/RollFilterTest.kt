package app.afterglow.mobile

import org.junit.Test
import kotlin.test.assertFalse
import kotlin.test.assertTrue

class RollFilterTest {
    private val filter = RollFilter(sinceMs = 1_000_500)

    @Test
    fun `what was there before is never taken`() {
        assertFalse(filter.accept(photo(1), addedSeconds = 999, folder = "DCIM/Camera/"))
        assertTrue(filter.accept(photo(2), addedSeconds = 1_000, folder = "DCIM/Camera/"))
    }

    @Test
    fun `each capture is taken once, photos and clips apart`() {
        assertTrue(filter.accept(photo(7), 2_000, "DCIM/Camera/"))
        assertFalse(filter.accept(photo(7), 2_000, "DCIM/Camera/"))
        assertTrue(filter.accept(RollFilter.Row(isClip = true, id = 7), 2_000, "DCIM/Camera/"))
    }

    @Test
    fun `only the camera's folders count`() {
        assertTrue(filter.accept(photo(1), 2_000, "/storage/emulated/0/DCIM/100ANDRO"))
        for (other in listOf("Pictures/Afterglow/", "Download/", "DCIM/Screenshots/", "DCIM/", "WhatsApp/Media/", "")) {
            assertFalse(filter.accept(photo(2), 2_000, other), other)
        }
    }

    @Test
    fun `what could not be read is tried again`() {
        assertTrue(filter.accept(photo(1), 2_000, "DCIM/Camera/"))
        filter.forget(photo(1))
        assertTrue(filter.accept(photo(1), 2_000, "DCIM/Camera/"))
    }

    private fun photo(id: Long) = RollFilter.Row(isClip = false, id = id)
}

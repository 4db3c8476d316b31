// What the console's charts need of Apache ECharts, and no more: made into assets/vendor/echarts.min.js by build.mjs.
import { init, use } from 'echarts/core';
import { BarChart, GraphChart, HeatmapChart, LineChart, SankeyChart } from 'echarts/charts';
import { AriaComponent, GridComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { CanvasRenderer } from 'echarts/renderers';

use([BarChart, GraphChart, HeatmapChart, LineChart, SankeyChart, AriaComponent, GridComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent,
	CanvasRenderer]);
export { init };

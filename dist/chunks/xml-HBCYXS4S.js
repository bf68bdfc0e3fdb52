import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a as r}from"./chunk-YJTTGRS4.js";import"./chunk-D5X673HY.js";export{r as XMLParser};
